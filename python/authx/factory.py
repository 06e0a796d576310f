"""Keeps a function that creates a dependency from being used as the dependency itself.

`Depends(auth.token_required)`, without the parentheses that call it, would be a dependency with query parameters that
verifies nothing. FastAPI builds a schema for each parameter when the route is declared, and a parameter that is
annotated with a `FactoryArgument` refuses that.
"""

from typing import Any, NoReturn

__all__ = ["FactoryArgument"]


class FactoryArgument:
    """Annotates a parameter of a function that creates a dependency.

    Args:
        usage: What a route declares instead, for the error.
        reason: Why the function itself protects nothing.

    Example:
        ```python
        def token_required(self, type: Annotated[str, FactoryArgument("auth.token_required()")] = "access"): ...
        ```
    """

    def __init__(
        self,
        usage: str,
        reason: str = "Without the parentheses FastAPI takes the arguments from the request, and every request passes.",
    ) -> None:
        self._usage = usage
        self._reason = reason

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> NoReturn:
        """Refuse to be a parameter of a dependency.

        Raises:
            TypeError: Always.
        """
        raise TypeError(f"a dependency that protects nothing: write Depends({self._usage}). {self._reason}")
