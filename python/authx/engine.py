"""From settings to the engine that is in force."""

import functools
import secrets
import warnings
from collections.abc import Mapping, Sequence
from typing import get_args

from authx._authx import Engine
from authx.config import AuthXConfig
from authx.exceptions import BadConfigurationError, WeakKeyWarning
from authx.types import AlgorithmType, SymmetricAlgorithmType

__all__ = ["EngineSource", "explicit_settings", "signing_engine", "verifying_engine"]


class EngineSource:
    """Holds the engine of a configuration, and builds it anew after each change of that configuration.

    An engine is built at first use and not before, because an application may well create its `AuthX` first
    and set the keys later.
    """

    def __init__(self, config: AuthXConfig, *, login_type: str | None, may_invent_key: bool) -> None:
        self._login_type = login_type
        self.load(config, may_invent_key=may_invent_key)

    def load(self, config: AuthXConfig, *, may_invent_key: bool = False) -> None:
        """Go by this configuration from now on."""
        self.config = config
        self._may_invent_key = may_invent_key
        self._built: _Built | None = None

    def current(self) -> Engine:
        """Give the engine of the configuration as it is now.

        Raises:
            BadConfigurationError: The settings don't make an engine.
        """
        # On the way of every request. An assignment replaces the mark; the lists, which can also change in
        # place, are few and short, and equal lists of the same strings compare by identity.
        built = self._built
        if built is not None:
            config, revision, lists, lists_as_built, engine = built
            if config is self.config and config.__dict__.get("_revision") is revision and lists == lists_as_built:
                return engine
        return self._build()

    def _build(self) -> Engine:
        config = self.config
        revision = config.__dict__.get("_revision")
        lists = [value for value in config.__dict__.values() if type(value) is list]
        lists_as_built = [list(value) for value in lists]

        settings = explicit_settings(config)
        if self._may_invent_key and config.is_algo_symmetric and config.JWT_SECRET_KEY is None:
            settings["JWT_SECRET_KEY"] = _process_key()
            warnings.warn(
                "JWT_SECRET_KEY is not set: tokens are signed with a random key that this process made up, "
                "so they end with it and no other process accepts them. Set JWT_SECRET_KEY.",
                WeakKeyWarning,
                stacklevel=2,
            )
        engine = Engine(settings, login_type=self._login_type)
        _warn_about_keys(engine)

        # In one step: another thread may be loading a configuration, or building for one, at the same time.
        self._built = (config, revision, lists, lists_as_built, engine)
        return engine


_Built = tuple[AuthXConfig, object, list[list[object]], list[list[object]], Engine]
"""A configuration, its mark, its lists and copies of them, and the engine that was built from these.

No `NamedTuple`: taking one of those apart costs every request four times as much."""


def explicit_settings(config: AuthXConfig) -> dict[str, object]:
    """Collect what somebody set: by argument, environment, assignment, or by changing a default list in place.

    Everything else is left to the engine's defaults, which depend on each other in ways that only it knows.
    """
    settings: dict[str, object] = {
        name: value
        for name, field in AuthXConfig.model_fields.items()
        if (value := getattr(config, name)) != field.default or name in config.model_fields_set
    }
    # The engine's own default is 401; the Python package keeps 422 for the applications that expect it.
    settings["JWT_INVALID_TOKEN_STATUS"] = config.JWT_INVALID_TOKEN_STATUS
    return settings


def signing_engine(key: str | bytes, algorithm: AlgorithmType, *, login_type: str | None = None) -> Engine:
    """Build an engine for signing a payload as it is, with nothing added by a configuration."""
    symmetric = algorithm in get_args(SymmetricAlgorithmType)
    return _bare_engine(
        {
            "JWT_ALGORITHM": algorithm,
            "JWT_SECRET_KEY" if symmetric else "JWT_PRIVATE_KEY": _key_text(key),
            "JWT_ACCESS_TOKEN_EXPIRES": None,
            "JWT_REFRESH_TOKEN_EXPIRES": None,
            "JWT_ENCODE_NBF": False,
            # Whoever wrote the payload knows whether somebody asks about its session.
            "JWT_SESSION_TRACKING": True,
        },
        login_type,
    )


def verifying_engine(
    key: str | bytes,
    algorithms: AlgorithmType | Sequence[AlgorithmType] | None,
    audience: str | Sequence[str] | None,
    issuer: str | None,
) -> Engine:
    """Build an engine for verifying with one key. `algorithms` is HS256 unless given.

    Raises:
        ValueError: No algorithm, or some with a secret and some with a key pair: one key serves one kind.
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
        "JWT_SECRET_KEY" if kinds == {True} else "JWT_PUBLIC_KEY": _key_text(key),
        # Whoever made the token decided whether it ends; there is no configuration here to say otherwise.
        "JWT_ACCESS_TOKEN_EXPIRES": None,
        "JWT_REFRESH_TOKEN_EXPIRES": None,
    }
    if audience is not None:
        settings["JWT_DECODE_AUDIENCE"] = audience if isinstance(audience, str) else list(audience)
    if issuer is not None:
        settings["JWT_DECODE_ISSUER"] = issuer
    return _bare_engine(settings, None)


def _bare_engine(settings: Mapping[str, object], login_type: str | None) -> Engine:
    engine = Engine(settings, login_type=login_type)
    _warn_about_keys(engine)
    return engine


def _key_text(key: str | bytes) -> str:
    """A key as a file or another library gives it."""
    if not isinstance(key, bytes):
        return key
    # Not by an exception of the codec's, which would carry the key along.
    text = key.decode(errors="replace")
    if "\ufffd" in text:
        raise BadConfigurationError("key: bytes must be UTF-8; write a random secret in base64 or hex")
    return text


def _warn_about_keys(engine: Engine) -> None:
    for message in engine.warnings:
        warnings.warn(message, WeakKeyWarning, stacklevel=2)


@functools.cache
def _process_key() -> str:
    """One key for all `AuthX()` of a process, as one environment variable would be."""
    return secrets.token_urlsafe(64)
