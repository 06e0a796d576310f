"""Reads settings from the environment and from files, whose strings the engine reads."""

import functools
import json
import warnings
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource, PydanticBaseSettingsSource

from authx._authx import misspelt_setting, read_variable
from authx.arguments import unicode_fault
from authx.exceptions import BadConfigurationError

__all__ = ["Refused", "Variables"]


class Refused(NamedTuple):
    """Stands for a variable that its setting doesn't take, until pydantic collects the errors of all fields."""

    reason: str


class Variables(PydanticBaseSettingsSource):
    """The variables of another source of pydantic's: those of our settings as the engine reads them."""

    def __init__(self, source: PydanticBaseSettingsSource, names: AbstractSet[str]) -> None:
        super().__init__(source.settings_cls)
        self._source = source
        self._names = names
        reader: Any = source
        # Pydantic expects JSON of lists, and refuses others before a validator sees them.
        reader.decode_complex_value = self._decoded

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return what the other source returns."""
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """Return the values of the settings that are set."""
        values = {}
        for name, given in self._given().items():
            value = self._value(name, given) if name in self._names else (given,)
            if value is not None:
                values[name] = value[0]
        return values

    def _given(self) -> dict[str, Any]:
        source = self._source
        if not isinstance(source, EnvSettingsSource):
            return source()
        for name in source.env_vars:
            # A name may be any bytes.
            if name.isascii() and name.upper() not in self.settings_cls.model_fields:
                _warn_of_misspelling(name)
        # A file has variables for others, too, which pydantic would refuse with `extra="forbid"`.
        others_too = self.settings_cls.model_config.get("extra") == "allow"
        return source() if others_too else EnvSettingsSource.__call__(source)

    @staticmethod
    def _value(name: str, given: Any) -> tuple[Any] | None:
        # Pydantic has read `null` already.
        text = "null" if given is None else given
        if fault := unicode_fault(name, text):
            return (Refused(str(fault)),)
        try:
            return read_variable(name, text)
        except BadConfigurationError as error:
            return (Refused(str(error)),)

    def _decoded(self, name: str, field: Any, value: Any) -> Any:
        if name in self._names:
            return value
        try:
            decoded = json.loads(value)
        except ValueError:
            return value
        return decoded if isinstance(decoded, list | dict) else value


@functools.cache
def _warn_of_misspelling(name: str) -> None:
    """Warn about a name once."""
    warning = misspelt_setting(name)
    if warning is not None:
        warnings.warn(warning, UserWarning, stacklevel=2)
