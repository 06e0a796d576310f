"""Builds the engine from the settings, and rebuilds it when they change."""

import copy
import functools
import json
import logging
import secrets
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import get_args

from pydantic import SecretStr

from authx._authx import Engine, KeyRing, oversized_cookie
from authx.arguments import check_instance, unicode_fault
from authx.config import AuthXConfig
from authx.exceptions import BadConfigurationError, WeakKeyWarning
from authx.forking import ForkLock
from authx.types import AlgorithmType, SymmetricAlgorithmType

__all__ = ["EngineSource", "explicit_settings", "setting_fault", "signing_engine", "verifying_engine"]


logger = logging.getLogger("authx")


class EngineSource:
    """Holds the engine of a configuration, and rebuilds it after each change of that configuration.

    The engine is built at first use, because an application may create its `AuthX` first and set the keys later.
    """

    def __init__(
        self, config: AuthXConfig, *, login_type: str | None, may_invent_key: bool, keys: KeyRing | None = None
    ) -> None:
        check_instance("login_type", login_type, (str, type(None)), "a string")
        self._login_type = login_type
        self._has_warned_of_cookie = False
        self.on_built: Callable[[Engine], None] | None = None
        """Is called with each engine before it is used."""
        self.load(config, may_invent_key=may_invent_key, keys=keys)

    def load(self, config: AuthXConfig, *, may_invent_key: bool = False, keys: KeyRing | None = None) -> None:
        """Replace the configuration. Without `keys` its settings name the keys.

        Raises:
            TypeError: An argument is of a wrong type.
        """
        check_instance("config", config, AuthXConfig, "an AuthXConfig, such as AuthXConfig(**settings),")
        check_instance("keys", keys, (KeyRing, type(None)), "a KeyRing")
        with _building:
            self.config = config
            self._may_invent_key = may_invent_key
            self._keys = keys
            self._built: _Built | None = None

    def change_keys(self, change: Callable[[KeyRing], KeyRing]) -> None:
        """Replace the keys by those that `change` returns for the present ones."""
        with _building:
            keys = change(self.current().keys)
            if not isinstance(keys, KeyRing):
                raise TypeError(f"change: a function that returns a KeyRing is expected, not {type(keys).__name__}")
            self._keys = keys
            self._built = None

    def follow_keys_of(self, other: "EngineSource") -> None:
        """Use the present keys of another source, unless the settings name them."""
        with _building:
            self._may_invent_key = other._may_invent_key  # noqa: SLF001
            self._keys = other._keys  # noqa: SLF001
            self._built = None

    def check(self) -> None:
        """Build the engine, if it is not built yet.

        Raises:
            BadConfigurationError: The settings are invalid.
        """
        self.current()

    def current(self) -> Engine:
        """Return the engine of the current configuration.

        Raises:
            BadConfigurationError: The settings are invalid.
        """
        # On the hot path. An assignment replaces `_revision`. Lists can also change in place, so they are compared:
        # they are few and short, and comparing the same strings is a comparison of pointers.
        built = self._built
        if built is not None:
            config, revision, lists, lists_as_built, engine = built
            if config is self.config and config.__dict__.get("_revision") is revision and lists == lists_as_built:
                return engine
        return self._build()

    def warn_of_oversized(self, cookies: list[str]) -> None:
        """Log once that browsers will drop one of these cookies, because it is too large."""
        if self._has_warned_of_cookie:
            return
        warning = oversized_cookie(cookies)
        if warning is not None:
            self._has_warned_of_cookie = True
            logger.warning("%s", warning)

    def _build(self) -> Engine:
        with _building:
            return self._build_alone()

    def _build_alone(self) -> Engine:
        config = self.config
        revision = config.__dict__.get("_revision")
        lists = [value for value in config.__dict__.values() if type(value) in {list, dict}]
        lists_as_built = copy.deepcopy(lists)

        settings = explicit_settings(config)
        if self._keys is None and self._may_invent_key and config.is_algo_symmetric and config.JWT_SECRET_KEY is None:
            settings["JWT_SECRET_KEY"] = _process_key()
            warnings.warn(
                "JWT_SECRET_KEY is not set: tokens are signed with a random key of this process, "
                "so they become invalid when it exits and no other process accepts them. Set JWT_SECRET_KEY.",
                WeakKeyWarning,
                stacklevel=2,
            )
        engine = _engine_of(settings, self._login_type, self._keys)
        _warn_about_keys(engine)
        if self.on_built is not None:
            self.on_built(engine)

        # One assignment: another thread may load a configuration, or build an engine, at the same time.
        self._built = (config, revision, lists, lists_as_built, engine)
        return engine


_building = ForkLock()
"""Held while an engine is built or its keys change, so that no thread puts an engine with the old keys into force.

Not an attribute of the source: objects with locks can't be copied."""

_Built = tuple[AuthXConfig, object, list[object], list[object], Engine]
"""A configuration, its `_revision`, its lists and dictionaries and copies of them, and the engine that was built from these.

Not a `NamedTuple`: unpacking one takes four times as long, on the hot path."""


def explicit_settings(config: AuthXConfig) -> dict[str, object]:
    """Collect what was set: by argument, environment, assignment, or by changing a default list in place.

    Everything else is left to the engine, because some of its defaults depend on other settings.
    """
    return {
        name: json.dumps(value, default=timedelta.total_seconds) if isinstance(value, dict) else value
        for name, field in AuthXConfig.model_fields.items()
        if (value := getattr(config, name)) != field.default or name in config.model_fields_set
    }


def setting_fault(settings: Mapping[str, object], refused: Exception) -> Exception:
    """Return the error for settings that the engine could not convert, see `arguments.wrong_arguments`."""
    for name, value in settings.items():
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            return BadConfigurationError(f"{name}: an integer of at most 64 bits is expected")
        for string in value if isinstance(value, list) else [value]:
            if isinstance(string, str) and (fault := unicode_fault(name, string)):
                return BadConfigurationError(str(fault))
    return refused


def _engine_of(settings: Mapping[str, object], login_type: str | None, keys: KeyRing | None) -> Engine:
    try:
        return Engine(settings, login_type=login_type, keys=keys)
    except (TypeError, OverflowError, UnicodeError) as error:
        refused: Exception = error
    # Outside `except`: the context would hold the value.
    raise setting_fault({**settings, "login_type": login_type}, refused)


def signing_engine(key: str | bytes | SecretStr, algorithm: AlgorithmType, *, login_type: str | None = None) -> Engine:
    """Build an engine that signs a payload without adding anything to it."""
    symmetric = algorithm in get_args(SymmetricAlgorithmType)
    return _bare_engine(
        {
            "JWT_ALGORITHM": algorithm,
            "JWT_SECRET_KEY" if symmetric else "JWT_PRIVATE_KEY": _key_string(key),
            "JWT_ACCESS_TOKEN_EXPIRES": None,
            "JWT_REFRESH_TOKEN_EXPIRES": None,
            "JWT_ENCODE_NBF": False,
            # Without this the engine refuses `sid`. Whether sessions are tracked is the caller's concern here.
            "JWT_SESSION_TRACKING": True,
        },
        login_type,
    )


def verifying_engine(
    key: str | bytes | SecretStr,
    algorithms: AlgorithmType | Sequence[AlgorithmType] | None,
    audience: str | Sequence[str] | None,
    issuer: str | None,
) -> Engine:
    """Build an engine that verifies with one key. `algorithms` is HS256 unless given.

    Raises:
        ValueError: There is no algorithm, or some need a secret and others a key pair, which one key can't be.
    """
    if algorithms is None:
        algorithms = "HS256"
    algorithms = [algorithms] if isinstance(algorithms, str) else list(algorithms)
    kinds = {algorithm in get_args(SymmetricAlgorithmType) for algorithm in algorithms}
    if len(kinds) != 1:
        raise ValueError(f"algorithms must be of one kind, with a secret or with a public key, not {algorithms}")
    settings: dict[str, object] = {
        "JWT_ALGORITHM": algorithms[0],
        "JWT_DECODE_ALGORITHMS": algorithms,
        "JWT_SECRET_KEY" if kinds == {True} else "JWT_PUBLIC_KEY": _key_string(key),
        # A token without `exp` is accepted: no configuration says that it must expire.
        "JWT_ACCESS_TOKEN_EXPIRES": None,
        "JWT_REFRESH_TOKEN_EXPIRES": None,
        # Only the key says whose tokens these are.
        "JWT_DECODE_ANY_LOGIN_TYPE": True,
    }
    if audience is not None:
        settings["JWT_DECODE_AUDIENCE"] = audience if isinstance(audience, str) else list(audience)
    if issuer is not None:
        settings["JWT_DECODE_ISSUER"] = issuer
    return _bare_engine(settings, None)


def _bare_engine(settings: Mapping[str, object], login_type: str | None) -> Engine:
    engine = _engine_of(settings, login_type, None)
    _warn_about_keys(engine)
    return engine


def _key_string(key: str | bytes | SecretStr) -> str:
    """Accept bytes as well, which files and other libraries return, and pydantic's secrets."""
    if isinstance(key, SecretStr):
        return key.get_secret_value()
    if not isinstance(key, bytes):
        return key
    # Not by catching `UnicodeDecodeError`, which contains the key.
    string = key.decode(errors="replace")
    if "\ufffd" in string:
        raise BadConfigurationError("key: bytes must be UTF-8; write a random secret in base64 or hex")
    return string


def _warn_about_keys(engine: Engine) -> None:
    for message in engine.warnings:
        warnings.warn(message, WeakKeyWarning, stacklevel=2)


@functools.cache
def _process_key() -> str:
    """The key that every `AuthX()` of this process shares, as they would share the environment variable."""
    return secrets.token_urlsafe(64)
