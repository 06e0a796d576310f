"""Arguments: errors that name the parameter, say what is accepted and what came, and never show a value.

The engine checks most types itself. Its conversion knows no hint, so the functions here run only after it has refused.
"""

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from authx._authx import Requirement

__all__ = [
    "check_instance",
    "check_string",
    "encodable",
    "instance_fault",
    "requirement_of",
    "seconds_of",
    "string_fault",
    "strings_fault",
    "timestamp_of",
    "timestamp_or_none",
    "unicode_fault",
    "unknown_arguments",
    "whole_seconds_of",
    "wrong_arguments",
]


def unknown_arguments(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> TypeError:
    """Return the error for arguments that a function of 1.7.1 would accept and drop.

    Args:
        function: The function, whose parameters the error suggests.
        args: Positional arguments beyond its parameters.
        kwargs: Named arguments that are none of its parameters.
    """
    name = function.__name__
    if not kwargs:
        return TypeError(f"{name}: {len(args)} more positional argument(s) than there are parameters")
    parameters = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    unknown = next(iter(kwargs))
    near = difflib.get_close_matches(unknown, parameters, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"the parameters are {', '.join(parameters)}."
    return TypeError(f"{name}: there is no parameter '{unknown}'; {hint} Claims of your own go into 'data'.")


def wrong_arguments(refused: Exception, faults: Sequence[Exception | None]) -> Exception:
    """Return the error for arguments that the engine could not convert.

    Raise it outside the `except` block: a `UnicodeEncodeError` contains the string, which may be a secret, and would
    remain as the context.

    Args:
        refused: What the conversion raised.
        faults: What is wrong with each argument, if anything.
    """
    fault = next((fault for fault in faults if fault is not None), None)
    if fault is not None:
        return fault
    if isinstance(refused, UnicodeError):
        return ValueError("an argument: a string in it is not Unicode, it has a lone surrogate")
    return refused


def instance_fault(name: str, value: Any, kind: type | tuple[type, ...], expected: str) -> TypeError | None:
    """Return what is wrong with an argument, unless it is an instance of this class.

    Args:
        name: The parameter.
        value: The argument.
        kind: The class, or several.
        expected: What is accepted, such as `a string`.
    """
    if isinstance(value, kind):
        return None
    return TypeError(f"{name}: {expected} is expected, not {_described(value)}")


def check_instance(name: str, value: Any, kind: type | tuple[type, ...], expected: str) -> None:
    """Raise what `instance_fault` returns.

    Raises:
        TypeError: The argument is of another class.
    """
    fault = instance_fault(name, value, kind, expected)
    if fault is not None:
        raise fault


def string_fault(name: str, value: Any) -> TypeError | ValueError | None:
    """Return what is wrong with an argument, unless it is a string of Unicode characters."""
    return instance_fault(name, value, str, "a string") or unicode_fault(name, value)


def check_string(name: str, value: Any) -> None:
    """Raise what `string_fault` returns.

    Raises:
        TypeError: The argument is no string.
        ValueError: It has a lone surrogate, so it can't be written as UTF-8.
    """
    fault = string_fault(name, value)
    if fault is not None:
        raise fault


def strings_fault(name: str, value: Any) -> TypeError | ValueError | None:
    """Return what is wrong with an argument, unless it is `None` or a list of strings."""
    if value is None:
        return None
    expected = "a list of strings"
    if isinstance(value, str | bytes):
        return TypeError(f"{name}: {expected} is expected, not one string: put it in brackets")
    if not isinstance(value, Sequence):
        return instance_fault(name, value, Sequence, expected)
    for item in value:
        if not isinstance(item, str):
            return TypeError(f"{name}: {expected} is expected, not one with {_described(item)} in it")
        if fault := unicode_fault(name, item):
            return fault
    return None


def unicode_fault(name: str, value: str) -> ValueError | None:
    """Return what is wrong with a string that has a lone surrogate: UTF-8 can't encode one."""
    # Not by encoding it: the `UnicodeEncodeError` would contain the string.
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        return ValueError(f"{name}: a string of Unicode characters is expected, without lone surrogates")
    return None


def requirement_of(**arguments: Any) -> Requirement:
    """Create a requirement from the arguments of `token_required` and the similar methods.

    Raises:
        TypeError: An argument is of a wrong type; the message names it.
        ValueError: An argument has a value that is not allowed.
    """
    try:
        return Requirement(**arguments)
    except (TypeError, UnicodeError) as error:
        refused: Exception = error
    checked = {"type": str, "verify_type": bool, "verify_fresh": bool, "all_scopes_required": bool}
    faults: list[Exception | None] = [
        instance_fault(name.replace("all_scopes_", "all_"), arguments[name], kind, f"a {kind.__name__}")
        for name, kind in checked.items()
        if name in arguments
    ]
    faults += [
        instance_fault("verify_csrf", arguments.get("verify_csrf"), (bool, type(None)), "a bool or None"),
        strings_fault("locations", arguments.get("locations")),
        strings_fault("scopes", arguments.get("scopes")),
    ]
    raise wrong_arguments(refused, faults)


def encodable(token: str) -> str:
    """Return a token or a CSRF value as UTF-8 can encode it.

    One with a lone surrogate is not valid, so it is changed, and the engine refuses it as any other.
    """
    return token if token.isascii() else token.encode(errors="replace").decode()


def timestamp_of(name: str, value: datetime) -> float:
    """Return the seconds since 1970 of an instant.

    Raises:
        ValueError: It is too early or too late for this system's clock.
    """
    try:
        return value.timestamp()
    except (ValueError, OverflowError, OSError):
        pass
    raise ValueError(f"{name}: an instant between the years 1 and 9999 is expected")


def timestamp_or_none(name: str, value: datetime | float | None) -> float | None:
    """Return the seconds since 1970 of an instant, which may be given as such."""
    return timestamp_of(name, value) if isinstance(value, datetime) else value


def seconds_of(name: str, value: Any, alternative: str = "") -> float:
    """Return the seconds of a duration: a `timedelta`, or a number of seconds.

    Args:
        name: The parameter.
        value: The argument.
        alternative: What else is accepted, for the error, such as `a datetime, `.

    Raises:
        TypeError: The argument is neither.
    """
    if isinstance(value, timedelta):
        return value.total_seconds()
    # A bool is an `int` in Python, but never a duration.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}: {alternative}a timedelta or a number of seconds is expected, not {_described(value)}")
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def whole_seconds_of(name: str, value: Any) -> int | None:
    """Return the whole seconds of a duration, see `seconds_of`, or `None` for `None`.

    Raises:
        TypeError: The argument is neither.
        ValueError: It is no finite number, or larger than any cookie's lifetime.
    """
    if value is None:
        return None
    seconds = seconds_of(name, value)
    if not abs(seconds) < 2**62:
        raise ValueError(f"{name}: a finite number of seconds is expected")
    return int(seconds)


def _described(value: Any) -> str:
    if inspect.iscoroutine(value):
        return "a coroutine: an `await` is missing"
    if isinstance(value, type):
        return f"the class {value.__name__}: call it"
    return type(value).__name__
