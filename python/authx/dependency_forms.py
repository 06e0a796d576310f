"""One dependency, which routes can declare in three forms.

    payload = auth.ACCESS_REQUIRED
    payload = Depends(auth.ACCESS_REQUIRED)
    payload: Annotated[TokenPayload, auth.ACCESS_REQUIRED]

For the first and third the object is an instance of FastAPI's `Depends`, for the second a callable. Its `dependency` is
another object, which is callable and no `Depends`, because libraries follow `dependency` until there is none. Both
objects are equal, so FastAPI calls them once per request however often they are declared, and overrides of one apply to
the other.
"""

import asyncio
import inspect
import sys
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from fastapi import params
from typing_extensions import Self

from authx.openapi import DescribesSchemes

__all__ = ["RouteDependency", "called_as_coroutine"]

_Kind = TypeVar("_Kind")


def called_as_coroutine(kind: type[_Kind]) -> type[_Kind]:
    """Mark the instances of a class whose `__call__` is `async` as coroutine functions.

    `unittest.mock.patch` replaces coroutine functions by an `AsyncMock`, and everything else by a mock that can't be
    awaited.
    """
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(kind)
    # Before 3.12 asyncio has no public way to do this.
    kind._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]  # noqa: SLF001
    return kind


class _Forms(type):
    """Makes of each new instance a `Depends` of it."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if issubclass(cls, _Declared):
            # A library that rewrites dependencies makes another `Depends`, of a dependency of its own.
            return params.Depends(*args, **kwargs)
        called = super().__call__(*args, **kwargs)
        form = cls.__dict__.get("_declared_form")
        if form is None:
            form = _Forms(cls.__name__, (cls, _Declared), {"__module__": cls.__module__})
            cls._declared_form = form
        declared: Any = object.__new__(form)
        vars(declared).update(vars(called))
        params.Depends.__init__(declared, dependency=called)
        return declared


class _Declared(params.Depends):
    """The form that is a `Depends`. It can be called as well, because it inherits from the class of the dependency."""

    # Those of the called form. `Depends` compares its fields.
    def __hash__(self) -> int:
        return hash(self.dependency)

    def __eq__(self, other: object) -> bool:
        return (other.dependency if isinstance(other, _Declared) else other) is self.dependency


@called_as_coroutine
class RouteDependency(DescribesSchemes, metaclass=_Forms):
    """A dependency of a route that can be used in all three forms.

    A copy is the same dependency, as with a function: a copied router is protected as before, and overrides apply.
    """

    def __init_subclass__(cls) -> None:
        # A dependency that is called by mistake, `Depends(auth.ACCESS_REQUIRED())`, lacks the request, and Python's
        # error has this name. A check in the method itself would be made at each request, and only when awaited.
        if "__call__" in vars(cls):
            cls.__call__.__qualname__ = f"a dependency goes into Depends without parentheses: {cls.__name__}.__call__"

    if TYPE_CHECKING:

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            """Subclasses have parameters of their own, which FastAPI fills in."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{self!r} can't be pickled: it belongs to an AuthX, which holds keys")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
