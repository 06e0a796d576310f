"""The engine, as Python sees it: one class, decided in Rust, private to this package.

Instants are seconds since the Unix epoch (`float`), durations are seconds (`float`). Every failure of
authentication is raised as the class of `authx.exceptions` that names it; a bad setting as
`BadConfigurationError`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, final

from authx.policy import PolicyCondition, PolicyContext, PolicyRule
from authx.schema import TokenPayload
from authx.types import Step, TokenLocation

__version__: str

__all__ = [
    "Admitted",
    "Engine",
    "FoundToken",
    "Policy",
    "PolicyEvaluation",
    "RateCounters",
    "RefreshCandidate",
    "Requirement",
    "RevocationQuestion",
    "SessionQuestion",
    "SessionTable",
    "SettingReference",
    "__version__",
    "address_rate_limit_key",
    "check_login_type",
    "check_rate",
    "circumstances",
    "condition_matches",
    "decode_unverified",
    "default_subject",
    "error_message",
    "error_types",
    "failed_close",
    "has_scopes",
    "pattern_covers",
    "read_policy",
    "scopes_match",
    "security_schemes",
    "setting_reference",
    "token_header",
]

@final
class Requirement:
    """What one route asks of a token, compiled once when the route is declared."""

    def __new__(
        cls,
        *,
        type: str = "access",
        verify_type: bool = True,
        verify_fresh: bool = False,
        verify_csrf: bool | None = None,
        locations: Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
        all_scopes_required: bool = True,
        websocket: bool = False,
    ) -> Requirement:
        """`verify_csrf`: `None` follows the configuration and the request's method, `True` asks for the
        double submit on every method, `False` on none. Raises `ValueError` that names a bad argument."""

@final
class FoundToken:
    """A token as it was found in a request, not yet verified."""

    token: str
    type: Literal["access", "refresh"]
    location: TokenLocation
    csrf: str | None
    """The double-submit value that the request presented."""
    csrf_required: bool
    """Whether the configuration and the request's method ask for the double submit."""

@final
class Admitted:
    """A token whose every check held, those of the stores included."""

    @property
    def payload(self) -> TokenPayload: ...
    @property
    def claims(self) -> dict[str, Any]:
        """The claims as they stand in the token. Raises `RuntimeError` where they were not asked for."""

    def socket_check_in(self, now: float) -> float:
        """After how many seconds a WebSocket that this token opened must have it verified again."""

@final
class RevocationQuestion:
    """Was this token revoked? Every check but those of the stores holds. It can be answered once."""

    @property
    def payload(self) -> TokenPayload: ...
    @property
    def spellings(self) -> tuple[str, ...]:
        """The token, and the other strings that would verify as the same token (the twin of an ECDSA
        signature). A store that goes by the token's text must be asked about each."""

    def answer(self, is_revoked: bool) -> Step:
        """Go on with what the store says. Raises `RevokedTokenError`."""

@final
class SessionQuestion:
    """Is this session active? It can be answered once."""

    @property
    def session(self) -> str: ...
    def answer(self, is_active: bool | None) -> Step:
        """Go on with what the store says; `None`: it knows no session of this name. Raises `SessionRevoked`."""

@final
class RefreshCandidate:
    """A request's access cookie that is due for implicit refresh, if nothing speaks against it."""

    def ask(self, revocation: bool) -> Step:
        """Begin to ask the stores, as `Engine.authenticate` does. It can be done once."""

@final
class Engine:
    """A checked configuration with its keys. Immutable, and safe to share between threads."""

    def __new__(cls, settings: Mapping[str, object], *, login_type: str | None = None) -> Engine:
        """`settings` holds only what was set explicitly (`JWT_*` names; `None`, `bool`, `int`, `float`,
        `str`, `timedelta` or a sequence of `str`); everything else has the engine's default.
        Raises `BadConfigurationError`."""

    @property
    def warnings(self) -> list[str]:
        """What is accepted but unwise about the keys, in words that name the setting."""

    @property
    def error_message_key(self) -> str:
        """The member of an error's body that carries the message."""

    @property
    def updates_last_active(self) -> bool:
        """Whether a request with a session's token is noted as the session's last activity."""

    @property
    def session_max_idle(self) -> float | None:
        """How many seconds a store must remember a session that nobody asks about; `None`: without end."""

    def create_token(
        self,
        type: Literal["access", "refresh"],
        uid: str,
        now: float,
        *,
        fresh: bool = False,
        headers: Mapping[str, Any] | None = None,
        expires_in: float | None = None,
        expires_at: float | None = None,
        data: Mapping[str, Any] | None = None,
        audience: str | Sequence[str] | None = None,
        scopes: Sequence[str] | None = None,
        issuer: str | None = None,
        not_before: float | None = None,
        issued_at: float | None = None,
        jti: str | None = None,
        csrf: str | None = None,
        session_id: str | None = None,
    ) -> str:
        """Raises `ValueError` that names a bad argument, such as a reserved claim in `data`."""

    def may_want_body(self, requirement: Requirement) -> bool:
        """Whether `wants` can answer other than `None` for any request at all, so that most routes needn't ask."""

    def wants(self, requirement: Requirement, scope: Mapping[str, Any]) -> Literal["json", "form"] | None:
        """What must be read of the request's body before `authenticate` or `find_token` can decide:
        the JSON body's bytes, the form's fields, or nothing."""

    @property
    def cache_statistics(self) -> tuple[int, int, int] | None:
        """Entries, bytes and misses of the verification cache; `None` where there is none."""

    @property
    def max_body_size(self) -> int:
        """The largest JSON body, in bytes, that is searched for a token."""

    def find_token(
        self,
        requirement: Requirement,
        scope: Mapping[str, Any],
        body: bytes | None = None,
        form: Sequence[tuple[str, str]] | None = None,
    ) -> FoundToken:
        """The request's token for the requirement's type and locations. `scope` is the ASGI scope.
        Raises `MissingTokenError` where there is none."""

    def verify_without_stores(
        self,
        requirement: Requirement,
        token: str,
        location: TokenLocation,
        csrf: str | None,
        csrf_required: bool,
        now: float,
    ) -> Admitted:
        """Every check of the requirement on a token that was read before, but those of the stores: a revoked
        token passes."""

    def authenticate(
        self,
        requirement: Requirement,
        scope: Mapping[str, Any],
        now: float,
        revocation: bool,
        body: bytes | None = None,
        form: Sequence[tuple[str, str]] | None = None,
        *,
        others: Callable[[], Sequence[Engine]] | None = None,
        claims: bool = False,
    ) -> Step:
        """Find and verify the request's token: what a protected route costs.

        `revocation`: whether there is somebody to ask about revocation. `others`: gives the engines of the application's
        other logins, and is called where one of them may have issued the token: then `LoginTypeMismatchError` is raised rather than the error of
        a token that can't be read. `claims`: whether `Admitted.claims` is wanted."""

    def refresh_candidate(self, scope: Mapping[str, Any], now: float) -> RefreshCandidate | None:
        """Before the handler runs: the request's access cookie, verified, CSRF included, when this route
        and method take part in implicit refresh and the token expires within the configured time."""

    def implicit_refresh(
        self,
        admitted: Admitted,
        *,
        status: int,
        response_headers: Sequence[tuple[bytes, bytes]],
        now: float,
    ) -> list[str] | None:
        """After the handler ran and the stores let the candidate pass: the `Set-Cookie` values of the new access
        token, or `None` where the outcome forbids a refresh."""

    def set_cookies(
        self, token: str, type: Literal["access", "refresh"], now: float, max_age: int | None = None
    ) -> list[str]:
        """`Set-Cookie` values that store `token` and its CSRF value."""

    def unset_cookies(self, type: Literal["access", "refresh"]) -> list[str]:
        """`Set-Cookie` values that delete what `set_cookies` set, with the same attributes."""

    def answer(
        self,
        error_type: str,
        name: str,
        message: str,
        *,
        login_types: tuple[str, str | None] | None = None,
        retry_after: int | None = None,
    ) -> tuple[int, list[tuple[str, str]], bytes, tuple[int, str]]:
        """Word the answer to an exception: status, headers, body, and the code and reason that an open WebSocket is
        closed with. `error_type` is one of `error_types()`, `name` the name of the exception's
        own class, which may be a subclass. Raises `KeyError` for an unknown `error_type`."""

@final
class Policy:
    """Rules, compiled. It holds no reference to them: rules and evaluators are known by their places."""

    def __new__(cls, rules: Sequence[PolicyRule], global_evaluators: int, default_allow: bool) -> Policy:
        """`global_evaluators` is how many there are. Raises `PolicyEvaluationError` that names a bad field."""

    def evaluate(self, context: PolicyContext) -> PolicyEvaluation:
        """Begin to decide. Every condition is looked at here; passes on what an attribute raises."""

@final
class PolicyEvaluation:
    """A decision on its way: while `wants` names an evaluator, ask that and tell `answer`."""

    def wants(self) -> tuple[int, bool, int] | None:
        """Whose answer is needed: the rule it is asked about, whether it is a global evaluator, and its place
        among those or among the rule's own. `None`: there is a decision."""

    def answer(self, holds: bool) -> None:
        """What the evaluator said."""

    def decision(self) -> tuple[bool, str, int | None]:
        """Whether it is allowed, why, and the rule that decided."""

def condition_matches(condition: PolicyCondition, context: PolicyContext) -> bool:
    """Whether the condition holds. Raises `PolicyEvaluationError` for an unknown source or operator."""

def pattern_covers(pattern: str, name: str) -> bool:
    """Whether a rule's pattern covers the name of an action or a resource."""

def scopes_match(scopes: Sequence[str] | None, all_required: bool, payload: TokenPayload | None) -> bool:
    """Whether the token has a rule's scopes."""

def read_policy(text: str, file: str, format: str) -> tuple[list[dict[str, Any]], bool]:
    """The rules of a policy file as the arguments of `PolicyRule`, and `default_allow`. `format` is `toml` or
    `json`. Raises `ValueError` that names the file, the line and the member."""

def security_schemes(
    settings: Mapping[str, object], type: str, locations: Sequence[str] | None = None
) -> list[tuple[str, str, str | None, str]]:
    """The OpenAPI security schemes of a token type's locations: name, place (`bearer`, `header`, `cookie` or `query`),
    the parameter's name and the description. The settings need no keys."""

def error_types() -> list[str]:
    """The names of the exception classes that have answers of their own."""

def failed_close() -> tuple[int, str]:
    """The code and the reason that an open WebSocket is closed with where the service failed."""

def error_message(error_type: str) -> str | None:
    """The message of an exception class's answers; `None`: the exception's own text. Raises `KeyError`."""

def default_subject(custom: dict[str, Any], sub: Any, scopes: Any, login_type: Any) -> dict[str, Any]:
    """Who acts, for a policy that isn't told: the bearer of the token with these claims."""

def circumstances(now: float, host: str | None = None) -> tuple[int, int, str | None]:
    """The hour and the day of the week in UTC, Monday being 0, and the client's address as policies know it."""

def address_rate_limit_key(host: str, ipv6_prefix: int) -> str | None:
    """The key of a rate limit by the client's address; `None` where the server knows no address."""

def decode_unverified(token: str) -> dict[str, Any]:
    """The claims of a token whose signature nobody checked. Raises `JWTDecodeError`."""

def token_header(token: str) -> dict[str, Any]:
    """The protected header of a token whose signature nobody checked. Raises `JWTDecodeError`."""

def has_scopes(granted: Sequence[str], required: Sequence[str], all_required: bool) -> bool:
    """Whether the granted scopes meet the required ones, by the rule that `Requirement.scopes` follows."""

def check_login_type(expected: str, actual: str | None) -> None:
    """Raise `LoginTypeMismatchError` where a token is of another login type, or of none."""

@final
class SessionTable:
    """Which sessions there are, whose they are, and which of them are over. Safe to share between threads.

    It is bounded: when it is full, the session that was idle longest is forgotten. `now` is in seconds by a clock of
    the caller's choice."""

    def __new__(cls) -> SessionTable: ...
    def set_max_idle(self, seconds: float | None) -> None:
        """Remember a session that nobody asks about for so many seconds; `None`: without end."""

    def insert(self, session_id: str, uid: str, session: Any, size: int, now: float) -> bool:
        """Add a session of a user, or replace the one of this name. `size` is in bytes. Tells whether it was kept: not
        where it alone is larger than all may be."""

    def find(self, session_id: str, now: float) -> Any | None:
        """Give the session of this name, which is used by being asked about."""

    def peek(self, session_id: str) -> Any | None:
        """Give the session of this name without using it."""

    def replace(self, session_id: str, known: Any, session: Any, size: int) -> bool:
        """Keep `session` instead of `known`, and tell whether `known` was still there."""

    def remove(self, session_id: str) -> None:
        """Forget the session of this name."""

    def of_user(self, uid: str, now: float) -> list[Any]:
        """Give the user's sessions, the oldest first."""

    def remove_user(self, uid: str) -> None:
        """Forget the user's sessions."""

    def __len__(self) -> int:
        """How many sessions there are."""

@final
class RateCounters:
    """How many requests there were of each key, in windows of time. Safe to share between threads.

    `now` is in seconds by a clock that never goes back."""

    def __new__(cls, capacity: int) -> RateCounters:
        """`capacity`: how many keys are counted at once; for one more the window that ends soonest is
        forgotten. Raises `ValueError`."""

    def increment(self, key: str, window: float, now: float) -> int:
        """Count a request, and give the requests of the window."""

    def time_left(self, key: str, window: float, now: float) -> float | None:
        """How long the window still lasts; `None` where none has begun."""

    def reset(self, key: str) -> None:
        """Forget the requests of a key."""

    def __len__(self) -> int:
        """How many windows are remembered."""

def check_rate(max_requests: int, window: float, requests: int, time_left: float | None = None) -> None:
    """Raise `RateLimitExceeded` where the requests that were counted are too many. Raises `ValueError` that
    names a bad argument."""

@final
class SettingReference:
    """What there is to know of a setting."""

    @property
    def name(self) -> str:
        """The field of `AuthXConfig`, and the environment variable."""

    @property
    def takes(self) -> str:
        """The values that are allowed, in words."""

    @property
    def default(self) -> str:
        """The default in Python, as the environment variable would have it."""

    @property
    def doc(self) -> str:
        """What the setting does, in Markdown."""

def setting_reference() -> list[SettingReference]:
    """Every setting, in the order of `docs/configuration.md`."""
