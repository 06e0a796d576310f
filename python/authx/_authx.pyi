"""The engine's Python interface, implemented in Rust and private to this package.

Instants are seconds since the Unix epoch (`float`), durations are seconds (`float`). Every failure of
authentication is raised as the class of `authx.exceptions` that names it; an invalid setting as
`BadConfigurationError`.
"""

from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias, TypeVar, final

from pydantic import SecretStr

from authx.policy import PolicyCondition, PolicyContext, PolicyRule
from authx.schema import TokenPayload
from authx.types import Step, TokenLocation, WebSocketTokenLocation

INACTIVE: str
"""The answer about a token that is not accepted (RFC 7662 section 2.2)."""

__version__: str

__all__ = [
    "INACTIVE",
    "Admitted",
    "BridgeProbe",
    "ClientRequest",
    "Clients",
    "Completions",
    "Engine",
    "FirstUseQuestion",
    "FoundToken",
    "Key",
    "KeyRing",
    "LoginAttempt",
    "LoginQuestion",
    "Policy",
    "PolicyEvaluation",
    "RateCounters",
    "RateUsage",
    "RefreshCandidate",
    "Renewal",
    "Requirement",
    "RevocationQuestion",
    "SessionQuestion",
    "SessionTable",
    "SettingReference",
    "Store",
    "Stores",
    "__version__",
    "address_rate_limit_key",
    "after_fork_in_child",
    "after_fork_in_parent",
    "before_fork",
    "check_login_type",
    "check_unverified",
    "circumstances",
    "condition_matches",
    "decode_unverified",
    "default_subject",
    "duration_seconds",
    "error_message",
    "error_types",
    "event_kinds",
    "events_of_errors",
    "failed_close",
    "has_scopes",
    "issue_mailed",
    "misspelt_setting",
    "oversized_cookie",
    "pattern_covers",
    "rate_limit_key",
    "rate_usage",
    "read_credentials",
    "read_mail_request",
    "read_mailed_use",
    "read_policy",
    "read_setting",
    "read_variable",
    "scopes_match",
    "security_schemes",
    "selected_subprotocol",
    "setting_reference",
    "stop_attaching",
    "token_header",
]

@final
class Requirement:
    """What a route requires of a token. Created once, when the route is declared."""

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
        """`verify_csrf`: `None` follows the configuration and the request's method, `True` requires the
        double submit for every method, `False` for none. Raises `ValueError` that names a bad argument."""

    @staticmethod
    def of_every_type() -> Requirement:
        """For a token in hand: any type, and no double submit."""

    def with_scopes(self, scopes: Sequence[str]) -> Requirement:
        """The same requirement, which also asks for all of these scopes."""

@final
class FoundToken:
    """A token that was found in a request, not verified yet."""

    token: str
    type: str
    location: TokenLocation | WebSocketTokenLocation
    csrf: str | None
    """The CSRF value in the request."""
    csrf_required: bool
    """Whether the configuration and the request's method require the double submit."""

@final
class Admitted:
    """A token that passed every check, including those of the stores."""

    @property
    def payload(self) -> TokenPayload: ...
    @property
    def claims(self) -> dict[str, Any]:
        """The claims, unchanged. Raises `RuntimeError` unless `authenticate` was called with `claims=True`."""

    def socket_check_in(self, now: float) -> float:
        """The seconds until the token of an open WebSocket must be verified again."""

@final
class RevocationQuestion:
    """Was this token revoked? It passed every check that needs no store. It can be answered once."""

    @property
    def payload(self) -> TokenPayload: ...
    @property
    def spellings(self) -> tuple[str, ...]:
        """The token, and the other strings that would verify as the same token (the twin of an ECDSA
        signature). A store that keeps token strings must be asked about each."""

    def answer(self, is_revoked: bool) -> Step:
        """Continue with the store's answer. Raises `RevokedTokenError`."""

@final
class LoginQuestion:
    """In which state is the login of this refresh token? `Store.answer` answers it."""

@final
class SessionQuestion:
    """Is this session active? It can be answered once."""

    @property
    def session(self) -> str: ...
    def answer(self, is_active: bool | None) -> Step:
        """Continue with the store's answer; `None`: it has no session with this id. Raises `SessionRevoked`."""

@final
class FirstUseQuestion:
    """Is this one-off token used for the first time? It can be answered once."""

    @property
    def jti(self) -> str: ...
    def answer(self, is_first: bool) -> Step:
        """Continue with the store's answer. Raises `RevokedTokenError`."""

@final
class Renewal:
    """What the tokens after a refresh say, the answer of a renewal callback. What is not given stays as it was.

    Example:
        ```python
        Renewal(scopes=["notes:read"], data={"plan": "basic"})
        ```
    """

    def __new__(
        cls,
        *,
        scopes: Sequence[str] | None = None,
        audience: str | Sequence[str] | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> Renewal:
        """Args:
            scopes: What the tokens allow.
            audience: The `aud` claim.
            data: Replaces all further claims.

        Raises:
            ValueError: `data` has a claim that the engine writes.
        """

@final
class Stores:
    """Which stores there are to be asked about a token. Whether a session store is, the settings say."""

    def __new__(cls, asks_blocklist: bool) -> Stores:
        """No store of logins. `asks_blocklist`: whether the application has a blocklist."""

@final
class RefreshCandidate:
    """A request's access cookie that is due for implicit refresh, if it was not revoked and the request succeeds."""

    def ask(self, stores: Stores) -> Step:
        """Return the first question, or the admitted token, as `Engine.authenticate` does. It can be called once."""

@final
class Clients:
    """The clients that may introspect and revoke tokens."""

    def __new__(cls, secrets: Sequence[tuple[str, str]]) -> Clients:
        """Identifiers with their secrets. Raises `ValueError` for one that nobody could be."""

    def read(self, authorization: bytes | None, content_type: bytes, body: bytes | None) -> ClientRequest:
        """Read a request, and authenticate its client; `body` is `None` if it is too large. Raises `ClientRefusedError` and
        `ClientRequestError`."""

@final
class ClientRequest:
    """A client's request about a token."""

    @property
    def token(self) -> str:
        """The token, which nobody has verified."""

@final
class LoginAttempt:
    """An attempt to log in, which counts as failed until it is given back."""

@final
class Store:
    """A store of logins and revocations, opened by its URL; once more in each forked process.

    Each method returns its answer, or an `asyncio.Future` of it if it has to be waited for. It raises
    `StoreUnavailableError` if the store fails. A session is its JSON. Raises `ValueError` that names the part of the URL
    that is wrong."""

    def __new__(cls, url: str) -> Store: ...
    def take_events(self) -> list[tuple[str, float, str | None, str | None, str | None, str | None]]:
        """Return what happened since the last call: kind, time, subject, login, reason and client's address."""

    def log_in(
        self,
        engine: Engine,
        uid: str,
        now: float,
        *,
        scopes: Sequence[str] | None,
        data: Mapping[str, Any] | None,
        audience: str | Sequence[str] | None,
        client: _Client,
    ) -> _Answer[tuple[str, str, str]]:
        """Begin a login: its access token, its refresh token, and its session."""

    def stores(self, asks_blocklist: bool) -> Stores:
        """With this store of logins. `asks_blocklist`: whether the application has a blocklist as well."""

    def count(self, engine: Engine, key: str, max_requests: int, window: float, now: float) -> _Answer[RateUsage]:
        """Count a request, if the limit admits it."""

    def begin_attempt(
        self, engine: Engine, what: str, username: str, client_address: str | None, now: float
    ) -> _Answer[LoginAttempt]:
        """Count an attempt to log in (`login`), or to have a mail sent (`mail`). Raises `RateLimitExceeded` if there were too
        many."""

    def introspect(self, engine: Engine, request: ClientRequest, now: float) -> _Answer[str | None]:
        """The answer to a client that asks about a token, as JSON; `None` for one that is not accepted."""

    def revoke_for_client(
        self, engine: Engine, request: ClientRequest, client_address: str | None, now: float
    ) -> _Answer[None]:
        """Revoke a token at the wish of a client."""

    def attempt_succeeded(self, engine: Engine, attempt: LoginAttempt, now: float) -> _Answer[None]:
        """Give an attempt back."""

    def rotate(
        self,
        engine: Engine,
        admitted: Admitted,
        now: float,
        renewal: Renewal | None,
        client_address: str | None,
        is_verified: bool,
    ) -> _Answer[tuple[str, str, str]]:
        """Use up the token of `Engine.rotatable`. Raises the exception of a token that was used before.

        `is_verified`: `answer` has let it pass in this request, and has used it up with `JWT_REFRESH_SINGLE_USE`."""

    def check(self, engine: Engine, admitted: Admitted, now: float, client_address: str | None) -> _Answer[None]:
        """Raise what `rotate` would raise, and use nothing up."""

    def refuse_renewal(self, engine: Engine, session_id: str, now: float, client_address: str | None) -> _Answer[None]:
        """End a login that the application does not renew. Raises `RefreshRefusedError`."""

    def use_once(self, question: FirstUseQuestion, now: float) -> _Answer[bool]:
        """Record the use of a one-off token, and return whether it is the first one."""

    def log_out(
        self,
        engine: Engine,
        uid: str,
        jti: str | None,
        session_id: str | None,
        exp: float | None,
        what: str,
        now: float,
    ) -> _Answer[None]:
        """End what a logout by this token ends: `here`, `everywhere` or `elsewhere`."""

    def is_revoked(self, question: RevocationQuestion, now: float) -> _Answer[bool]: ...
    def answer(self, question: LoginQuestion, now: float) -> _Answer[Step]:
        """Answer the question, and end the login if its token was used before."""

    def revoke_token(self, engine: Engine, jti: str, exp: float | None, reason: str, now: float) -> _Answer[None]: ...
    def revoke_session(self, engine: Engine, session_id: str, now: float) -> _Answer[None]: ...
    def end_own_login(self, engine: Engine, uid: str, session_id: str, now: float) -> _Answer[None]:
        """End one of the subject's own logins. One of another subject is left as it is."""

    def revoke_sessions_of(self, engine: Engine, uid: str, now: float) -> _Answer[None]: ...
    def end_logins(
        self, engine: Engine, uid: str, except_session: str | None, reason: str, now: float
    ) -> _Answer[None]: ...
    def begin_session(self, engine: Engine, uid: str, client: _Client, now: float) -> _Answer[str]: ...
    def sessions_of(self, engine: Engine, uid: str, now: float) -> _Answer[list[str]]: ...
    def session(self, engine: Engine, session_id: str, now: float) -> _Answer[str | None]: ...
    def touch(self, engine: Engine, session_id: str, now: float) -> _Answer[None]: ...

_T = TypeVar("_T")
_Answer: TypeAlias = _T | Future[_T]
_Client: TypeAlias = tuple[str | None, str | None, dict[str, Any] | None]

@final
class Key:
    """A key that signs and verifies tokens, or only verifies them, with one algorithm.

    Its representation names the algorithm and the `kid`, and never the key.

    Example:
        ```python
        Key.from_secret("HS256", secret, kid="2026-12")
        ```
    """

    @staticmethod
    def from_secret(algorithm: str, secret: str | bytes | SecretStr, *, kid: str | None = None) -> Key:
        """Make a key of a shared secret, which is at least as long as the algorithm's hash (RFC 7518 section 3.2).

        Args:
            algorithm: Such as `HS256`.
            secret: The secret.
            kid: The key's name. Tokens that it signs carry it, and a token with another `kid` is not tried against
                this key. A key without a name is tried whatever a token's `kid` is.

        Raises:
            BadConfigurationError: The secret can't serve as a key of this algorithm.
            ValueError: There is no such algorithm.
        """

    @staticmethod
    def from_private_pem(algorithm: str, pem: str | bytes | SecretStr, *, kid: str | None = None) -> Key:
        """Make a key pair of a private key in PEM: PKCS#8, PKCS#1 or SEC1. The public half is derived from it.
        Certificates beside it are ignored.

        Args and errors as with `from_secret`.
        """

    @staticmethod
    def from_public_pem(algorithm: str, pem: str | bytes | SecretStr, *, kid: str | None = None) -> Key:
        """Make a key that only verifies of a public key in PEM, SPKI, PKCS#1 or a certificate, or of a line of OpenSSH.
        Of a certificate only the key counts, and not its dates.

        Args and errors as with `from_secret`.
        """

    @property
    def algorithm(self) -> str:
        """The key's one algorithm."""

    @property
    def kid(self) -> str | None:
        """The key's name, if it has one."""

    @property
    def can_sign(self) -> bool:
        """Whether the key signs tokens, not only verifies them."""

@final
class KeyRing:
    """The keys of one issuer: the first signs, all of them verify. Immutable: each method gives another ring.

    Args:
        keys: At least one key. A `kid` names one key of an algorithm.

    Raises:
        BadConfigurationError: There is no key, or a `kid` is ambiguous.

    Example:
        ```python
        auth = AuthX(keys=KeyRing([Key.from_secret("HS256", this_month, kid="2026-12"),
                                   Key.from_secret("HS256", last_month, kid="2026-11")]))
        ```
    """

    def __new__(cls, keys: Sequence[Key]) -> KeyRing: ...
    @property
    def keys(self) -> list[Key]:
        """The keys, the one that signs first."""

    @property
    def algorithm(self) -> str:
        """The algorithm of the key that signs."""

    def signing_with(self, key: Key) -> KeyRing:
        """Give a ring in which this key signs, and the present keys still verify.

        Raises:
            BadConfigurationError: Another key of the algorithm has its `kid`.
        """

    def verifying_with(self, key: Key) -> KeyRing:
        """Give a ring in which this key verifies as well but doesn't sign: for one that signs elsewhere, or soon.

        Raises:
            BadConfigurationError: Another key of the algorithm has its `kid`.
        """

    def retiring(self, kid: str, at: datetime | float) -> KeyRing:
        """Give a ring in which the keys with this `kid` accept no token from an instant on.

        Args:
            kid: The name of the keys.
            at: The instant, as a `datetime` with a time zone or in seconds since 1970.

        Raises:
            BadConfigurationError: No key has this `kid`, or the one that signs has it.
        """

    def __len__(self) -> int: ...

@final
class Engine:
    """A checked configuration with its keys. Immutable, and safe to share between threads."""

    def __new__(
        cls, settings: Mapping[str, object], *, login_type: str | None = None, keys: KeyRing | None = None
    ) -> Engine:
        """`settings` holds only what was set explicitly (`JWT_*` names; `None`, `bool`, `int`, `float`,
        `str`, `timedelta` or a sequence of `str`); everything else has the engine's default.
        Raises `BadConfigurationError`."""

    @property
    def warnings(self) -> list[str]:
        """Warnings about the keys, such as a secret that is too short. They name the setting."""

    @property
    def keys(self) -> KeyRing:
        """The keys in force."""

    @property
    def error_message_key(self) -> str:
        """The field of an error's body that carries the message."""

    @property
    def explains_errors(self) -> bool:
        """Whether answers have an explanation: `JWT_EXPLAIN_ERRORS`."""

    @property
    def updates_last_active(self) -> bool:
        """Whether a request with a session's token updates the session's last activity."""

    def is_activity_due(self, last_active: float, now: float) -> bool:
        """Whether a store of logins records the activity now: at most once a minute."""

    @property
    def refresh_single_use(self) -> bool:
        """Whether each use of a refresh token uses it up."""

    @property
    def store_url(self) -> str | None:
        """`JWT_STORE_URL`, which may contain a password."""

    def subject_hash(self, subject: str) -> str:
        """A hash of a subject for logs, by a key of the engine."""

    @property
    def session_max_idle(self) -> float | None:
        """How many seconds a store must keep a session that is not used; `None`: forever."""

    def create_token(
        self,
        type: str,
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
        auth_time: float | None = None,
        once: bool = False,
    ) -> str:
        """Raises `ValueError` that names a bad argument, such as a reserved claim in `data`."""

    def expires_in(self, token: str, now: float) -> int | None:
        """In how many seconds a token of this engine's keys expires; `None`: never, or they didn't sign it."""

    def may_want_body(self, requirement: Requirement) -> bool:
        """Whether `wants` can return anything but `None`. If not, a route need not call it."""

    def wants(self, requirement: Requirement, scope: Mapping[str, Any], now: float) -> Literal["json", "form"] | None:
        """Which part of the request's body `authenticate` and `find_token` need: the bytes of a JSON body, the fields
        of a form, or none. A form counts only if the cookie's token has a valid signature."""

    @property
    def cache_statistics(self) -> tuple[int, int, int] | None:
        """Entries, bytes and misses of the verification cache; `None` without one."""

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
        """Find the request's token by the requirement's type and locations. `scope` is the ASGI scope.
        Raises `MissingTokenError` if there is none."""

    def explain(
        self,
        error_type: str,
        requirement: Requirement,
        scope: Mapping[str, Any],
        body: bytes | None = None,
        form: Sequence[tuple[str, str]] | None = None,
    ) -> str | None:
        """Where the token or its CSRF value was looked for, and why what came did not count; `None` for an error that
        is about something else. It has no value of the request."""

    def check_unknown_subject(self) -> None:
        """Raises `UnknownSubjectError`, unless `JWT_UNKNOWN_SUBJECT` is `none`."""

    def verify_any(self, token: str, required: Sequence[str], now: float) -> dict[str, Any]:
        """Verify a token of any issuer and return its claims: signature, times, issuer and audience, and that the
        required claims are there."""

    def spellings(self, token: str) -> list[str]:
        """The token, and the other strings that would verify as the same token."""

    def verify(
        self,
        requirement: Requirement,
        token: str,
        location: str,
        csrf: str | None,
        csrf_required: bool,
        now: float,
        stores: Stores,
    ) -> Step:
        """Verify a token that was found before, or that came another way than in a request. Its claims are kept.
        Args as in `verify_without_stores` and `authenticate`."""

    def verify_without_stores(
        self,
        requirement: Requirement,
        token: str,
        location: str,
        csrf: str | None,
        csrf_required: bool,
        now: float,
    ) -> Admitted:
        """Verify a token that was found before, except for the checks that need a store: a revoked token
        passes."""

    def authenticate(
        self,
        requirement: Requirement,
        scope: Mapping[str, Any],
        now: float,
        stores: Stores,
        body: bytes | None = None,
        form: Sequence[tuple[str, str]] | None = None,
        *,
        others: Callable[[], Sequence[Engine]] | None = None,
        claims: bool = False,
    ) -> Step:
        """Find and verify the request's token: the one call of a protected route.

        `stores`: whom to ask. `others`: returns the engines of the application's other logins. It is called if one of them may have issued the token; if so, `LoginTypeMismatchError` is raised instead of
        the error of a token that can't be decoded. `claims`: whether `Admitted.claims` is needed."""

    def rotatable(
        self,
        requirement: Requirement,
        scope: Mapping[str, Any],
        now: float,
        stores: Stores,
        body: bytes | None = None,
        form: Sequence[tuple[str, str]] | None = None,
        *,
        others: Callable[[], list[Engine]] | None = None,
    ) -> Step:
        """As `authenticate`, for a refresh token that `Store.rotate` will use up."""

    def rotatable_of_claims(self, json: bytes, now: float) -> Admitted:
        """The claims of a refresh token that was verified, for `Store.rotate`. Its identity is `sub`."""

    def login_answer(self, type: str) -> tuple[bool, bool]:
        """Whether the response to a login sets its token of this type as a cookie, and whether its body shows it."""

    def refresh_candidate(self, scope: Mapping[str, Any], now: float) -> RefreshCandidate | None:
        """Before the handler runs: return the request's access cookie if this route and method take part in implicit
        refresh, the token and its CSRF value verify, and it expires within the configured time."""

    def explain_no_refresh(self, scope: Mapping[str, Any], now: float) -> str | None:
        """Why `refresh_candidate` returns `None`, for the log; `None` if it doesn't."""

    def implicit_refresh(
        self,
        admitted: Admitted,
        *,
        status: int,
        response_headers: Sequence[tuple[bytes, bytes]],
        now: float,
        renewal: Renewal | None = None,
    ) -> tuple[list[str], list[tuple[str, str]]] | None:
        """After the handler ran and the stores admitted the candidate: return the `Set-Cookie` values of the new access
        token, and headers with their values that replace those of the response; or `None` if the response rules out a
        refresh."""

    def set_cookies(self, token: str, type: str, now: float, max_age: int | None = None) -> list[str]:
        """`Set-Cookie` values that store `token` and its CSRF value."""

    def unset_cookies(self, type: str) -> list[str]:
        """`Set-Cookie` values that delete the cookies of `set_cookies`, with the same attributes."""

    def answer(
        self,
        error_type: str,
        name: str,
        message: str,
        *,
        login_types: tuple[str | None, str | None] | None = None,
        retry_after: int | None = None,
        explanation: str | None = None,
    ) -> tuple[int, list[tuple[str, str]], bytes, tuple[int, str]]:
        """Create the answer to an exception: status, headers, body, and the code and reason that an open WebSocket is
        closed with. `error_type` is one of `error_types()`. `name` is the name of the exception's class, which may
        be a subclass. Raises `KeyError` for an unknown `error_type`."""

@final
class Policy:
    """Compiled rules. It refers to rules and evaluators by their index, and holds no reference to them."""

    def __new__(cls, rules: Sequence[PolicyRule], global_evaluators: int, default_allow: bool) -> Policy:
        """`global_evaluators` is their number. Raises `PolicyEvaluationError` that names a bad field."""

    def evaluate(self, context: PolicyContext) -> PolicyEvaluation:
        """Begin to decide. This evaluates every condition, and passes on what an attribute raises."""

@final
class PolicyEvaluation:
    """A decision in progress: while `wants` returns an evaluator, call it and pass its result to `answer`."""

    def wants(self) -> tuple[int, bool, int] | None:
        """The evaluator to call next: the index of the rule, whether the evaluator is a global one, and its index among
        the global ones or those of the rule. `None`: there is a decision."""

    def answer(self, holds: bool) -> None:
        """Continue with the evaluator's result."""

    def decision(self) -> tuple[bool, str, int | None]:
        """Whether the action is allowed, the reason, and the index of the rule that decided."""

def condition_matches(condition: PolicyCondition, context: PolicyContext) -> bool:
    """Whether the condition holds. Raises `PolicyEvaluationError` for an unknown source or operator."""

def pattern_covers(pattern: str, name: str) -> bool:
    """Whether a rule's pattern covers the name of an action or a resource."""

def scopes_match(scopes: Sequence[str] | None, all_required: bool, payload: TokenPayload | None) -> bool:
    """Whether the token has the scopes of a rule."""

def issue_mailed(engine: Engine, purpose: str, uid: str, now: float) -> str:
    """Create a token for one use, to be sent by mail: for a `password_reset` or a `verification`."""

def read_mail_request(content_type: bytes, body: bytes | None) -> str:
    """Read the user name of a request for such a mail. Raises `LoginRequestError` that names what is wrong."""

def read_mailed_use(purpose: str, content_type: bytes, body: bytes | None) -> tuple[str, str | None]:
    """Read the token from a mail, and for a reset the new password. Raises `LoginRequestError`."""

def read_policy(text: str, file: str, format: str) -> tuple[list[dict[str, Any]], bool]:
    """The rules of a policy file as the arguments of `PolicyRule`, and `default_allow`. `format` is `toml` or
    `json`. Raises `ValueError` that names the file, the line and the key."""

def security_schemes(
    settings: Mapping[str, object], type: str, locations: Sequence[str] | None = None
) -> list[tuple[str, str, str | None, str]]:
    """The OpenAPI security schemes of a token type's locations: name, place (`bearer`, `header`, `cookie` or `query`),
    the parameter's name and the description. The settings need no keys."""

def selected_subprotocol(scope: Mapping[str, Any], own: Sequence[str]) -> str | None:
    """The subprotocol that the answer to a WebSocket's handshake selects: the first of `own` that the client offers, or
    else `bearer` if the client offers that. Never the token."""

def event_kinds() -> list[tuple[str, str, str]]:
    """Each kind of event: its name, its level of logging, and what happened in words."""

def events_of_errors() -> dict[str, str]:
    """The kind of event that a refusal is, by the name of its exception class. Other refusals are none."""

def error_types() -> list[str]:
    """The names of the exception classes that have an HTTP answer."""

def failed_close() -> tuple[int, str]:
    """The code and the reason that an open WebSocket is closed with when a callback or a store failed."""

def error_message(error_type: str) -> str | None:
    """The message in the answers to an exception class; `None`: `str(exception)`. Raises `KeyError`."""

def default_subject(custom: dict[str, Any], sub: Any, scopes: Any, login_type: Any) -> dict[str, Any]:
    """The default attributes of a policy's subject: those of the user of a token with these claims."""

def circumstances(now: float, host: str | None = None) -> tuple[int, int, str | None]:
    """The hour and the weekday in UTC, Monday being 0, and the client's address in the form that policies use."""

def address_rate_limit_key(host: str, ipv6_prefix: int) -> str | None:
    """The key of a rate limit by the client's address; `None` if the server knows no address."""

def before_fork() -> None:
    """Wait until no thread works without the GIL; none begins to before one of the next two is called."""

def after_fork_in_parent() -> None:
    """Let threads work without the GIL again."""

def after_fork_in_child() -> None:
    """Forget the other threads of the parent."""

@final
class Completions:
    """What one event loop waits for of the stores, see `authx._bridge`.

    A new one has a descriptor, which is readable when there is something to take. Raises `NotImplementedError` on a
    system without.
    """

    def __new__(cls) -> Completions: ...
    @staticmethod
    def thread_safe(event_loop: AbstractEventLoop) -> Completions:
        """One whose `take` is called by the loop's `call_soon_threadsafe`."""

    def fileno(self) -> int: ...
    def take(self) -> None:
        """Give the results that have arrived to those who wait for them."""

@final
class BridgeProbe:
    """A store that keeps nothing, for the tests and the benchmark of the bridge."""

    def __new__(cls) -> BridgeProbe: ...
    def echo(self, text: str, delay: float | None = None, ending: str = "text") -> str | Future[str]:
        """The text at once, or after so many seconds. Other endings: `error`, `panic`, `StopIteration`,
        `panic of conversion`."""

    @property
    def ended(self) -> int:
        """How many calls of this process ended in Rust, whether or not anybody waited for them."""

def stop_attaching() -> None:
    """Keep threads of Rust from attaching to Python, before the interpreter ends."""

def read_credentials(content_type: bytes, body: bytes | None) -> tuple[str, str, list[str]]:
    """Read user name, password and scopes from the body of a login; `None` for one that is larger than allowed. Raises
    `LoginRequestError` that names the part."""

def decode_unverified(token: str) -> dict[str, Any]:
    """The claims of a token, without checking its signature. Raises `JWTDecodeError`."""

def check_unverified(
    requirement: Requirement, token: str, location: str, csrf: str | None, csrf_required: bool, now: float
) -> None:
    """Check type, freshness and CSRF value of a token, and not its signature. Raises the error of the first that fails."""

def token_header(token: str) -> dict[str, Any]:
    """The protected header of a token, without checking its signature. Raises `JWTDecodeError`."""

def has_scopes(granted: Sequence[str], required: Sequence[str], all_required: bool) -> bool:
    """Whether the granted scopes meet the required ones, by the same rules as `Requirement.scopes`."""

def check_login_type(expected: str, actual: str | None) -> None:
    """Raise `LoginTypeMismatchError` if a token has another login type, or none."""

@final
class SessionTable:
    """Sessions by id and by user, each until it was idle for too long. Safe to share between threads.

    It is bounded: when it is full, the session that was idle longest is dropped. `now` is in seconds by a clock of
    the caller's choice."""

    def __new__(cls) -> SessionTable: ...
    def set_max_idle(self, seconds: float | None) -> None:
        """Keep a session that is not used for this many seconds; `None`: forever."""

    def insert(self, session_id: str, uid: str, session: Any, size: int, now: float) -> bool:
        """Add a session of a user, or replace the one with this id. `size` is in bytes. Returns `False`, and keeps
        nothing, if the session is larger than the whole table may be."""

    def find(self, session_id: str, now: float) -> Any | None:
        """Return the session with this id, and count this as its last use."""

    def peek(self, session_id: str) -> Any | None:
        """Return the session with this id, without counting this as a use."""

    def replace(self, session_id: str, known: Any, session: Any, size: int) -> bool:
        """Replace `known` by `session`. Returns `False` if `known` is no longer in the table."""

    def remove(self, session_id: str) -> None:
        """Remove the session with this id."""

    def of_user(self, uid: str, now: float) -> list[Any]:
        """Return the user's sessions, the oldest first."""

    def remove_user(self, uid: str) -> None:
        """Remove the user's sessions."""

    def __len__(self) -> int:
        """The number of sessions."""

@final
class RateCounters:
    """Counts the requests of each key in the last seconds. Safe to share between threads.

    `now` is in seconds by a clock that never goes back."""

    def __new__(cls, capacity: int) -> RateCounters:
        """`capacity`: how many keys are counted at once; for one more the one whose requests end soonest is
        dropped. Raises `ValueError`."""

    def count(self, key: str, max_requests: int, window: float, now: float) -> RateUsage:
        """Count a request, if the limit admits it."""

    def increment(self, key: str, window: float, now: float) -> int:
        """Count a request, and return the number of requests in the window."""

    def reset(self, key: str) -> None:
        """Remove the count of a key."""

    def __len__(self) -> int:
        """The number of keys and windows."""

@final
class RateUsage:
    """What a limit says of a request."""

    def check(self) -> None:
        """Raise `RateLimitExceeded` if the request may not pass."""

    def headers(self, name: str) -> list[tuple[str, str]]:
        """The headers `ratelimit-policy` and `ratelimit` of the response, for a limit of this name."""

def rate_usage(max_requests: int, window: float, requests: int, time_left: float | None = None) -> RateUsage:
    """What a limit says of a request that a backend has counted. Raises `ValueError` that names a bad argument."""

def rate_limit_key(name: str, client: str) -> str:
    """What a store counts a client's requests under. Raises `ValueError` for a bad name."""

@final
class SettingReference:
    """The documentation of a setting."""

    @property
    def name(self) -> str:
        """The field of `AuthXConfig`, and the environment variable."""

    @property
    def takes(self) -> str:
        """The values that are allowed, in words."""

    @property
    def default(self) -> str:
        """The default in Python, as a value of the environment variable."""

    @property
    def doc(self) -> str:
        """Its effect, in Markdown."""

def setting_reference() -> list[SettingReference]:
    """Every setting, in the order of `docs/configuration.md`."""

def duration_seconds(string: str) -> float | None:
    """The seconds of a duration as the environment has it: `900`, `15m`, `00:15:00` or `PT15M`. `None` for another
    string."""

def read_setting(name: str, value: object) -> Any:
    """A value of a setting, read as the engine reads it: strings as numbers, durations in seconds and lists.

    Raises:
        BadConfigurationError: The setting doesn't take it.
        TypeError: It is of a type that no setting takes.
    """

def read_variable(name: str, text: str) -> tuple[Any] | None:
    """The value of a setting's environment variable, in a tuple. `None`: the variable counts as not set.

    Raises:
        BadConfigurationError: The setting doesn't take it.
    """

def misspelt_setting(name: str) -> str | None:
    """The warning about a variable whose name looks like a misspelt setting."""

def oversized_cookie(cookies: list[str]) -> str | None:
    """The warning about a `Set-Cookie` value that is too large for browsers, with the names of the largest claims."""
