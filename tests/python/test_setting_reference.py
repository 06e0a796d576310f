"""The fields of `AuthXConfig` match the engine's table of settings, from which docs/configuration.md is generated."""

import ast
import inspect
import textwrap
from typing import get_args

import pytest

from authx import AuthXConfig
from authx._authx import SettingReference, setting_reference
from authx.types import AlgorithmType

REFERENCE = {row.name: row for row in setting_reference()}


def docstrings() -> dict[str, str]:
    """The docstring of each field, on one line."""
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(AuthXConfig))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, docstring in zip(definition.body, definition.body[1:], strict=False):
        match field, docstring:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(doc))):
                found[name] = " ".join(doc.split())
    return found


DOCSTRINGS = docstrings()


def test_fields_are_the_engines_settings_in_their_order() -> None:
    assert list(AuthXConfig.model_fields) == list(REFERENCE)


@pytest.mark.parametrize("row", REFERENCE.values(), ids=REFERENCE)
def test_field_says_what_the_reference_says(row: SettingReference) -> None:
    assert DOCSTRINGS[row.name] == row.doc


@pytest.mark.parametrize("row", REFERENCE.values(), ids=REFERENCE)
def test_field_has_the_default_of_the_reference(row: SettingReference, monkeypatch: pytest.MonkeyPatch) -> None:
    default = getattr(AuthXConfig(), row.name)

    monkeypatch.setenv(row.name, row.default)

    assert getattr(AuthXConfig(), row.name) == default


@pytest.mark.parametrize("row", REFERENCE.values(), ids=REFERENCE)
def test_field_can_be_unset_where_the_reference_says_so(row: SettingReference) -> None:
    allows_none = type(None) in get_args(AuthXConfig.model_fields[row.name].annotation)

    assert row.takes.endswith("or `null`") is allows_none


def test_reference_names_every_algorithm() -> None:
    listed = set(REFERENCE["JWT_ALGORITHM"].takes.removeprefix("one of ").split(", "))

    assert listed == {name for kind in get_args(AlgorithmType) for name in get_args(kind)}
