//! An open WebSocket ends with its token. Connections are in memory and tokio's clock is paused, so that the
//! tests wait hours of its time at once and give the same result each time.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::request::Parts;
use axum::routing::any;
use axum::serve::Listener;
use axum_authx::testing::{self, SECRET, answer_to};
use axum_authx::{
    AccessToken, AuthX, BEARER_SUBPROTOCOL, Claims, FreshToken, GuardedWebSocket, JsonClaims,
    Location, NewToken, RequiredScopes, Requirement, Scoped, Scopes, Timestamp, WebSocketGuard,
    WebSocketToken, revocation,
};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error as ClientError, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

type Client = WebSocketStream<DuplexStream>;

const LIFETIME: Duration = Duration::from_secs(15 * 60);
const INTERVAL: Duration = Duration::from_secs(30);

/// A service that listens for connections in this process.
struct Service(mpsc::Sender<DuplexStream>);

struct InMemory(mpsc::Receiver<DuplexStream>);

impl Listener for InMemory {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(connection) => (connection, ()),
            None => pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Service {
    /// Serves `handle` behind a guard.
    fn start<F, Fut>(auth: &AuthX, handle: F) -> Self
    where
        F: FnOnce(GuardedWebSocket, Claims<JsonClaims>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let route = |guard: WebSocketGuard<JsonClaims>, upgrade: WebSocketUpgrade| async move {
            guard.on_upgrade(upgrade, handle)
        };
        Self::of(Router::new().route("/", any(route)).with_state(auth.clone()))
    }

    fn of(app: Router) -> Self {
        let (connections, listener) = mpsc::channel(1);
        tokio::spawn(async move { axum::serve(InMemory(listener), app).await });
        Self(connections)
    }

    /// Serves a handler that waits forever, and sets the flag when it is dropped.
    fn waiting(auth: &AuthX, dropped: &Arc<AtomicBool>) -> Self {
        let dropped = Arc::clone(dropped);
        Self::start(auth, |socket, _claims| async move {
            let _kept = (socket, Flag(dropped));
            pending::<()>().await;
        })
    }

    async fn connect(&self, token: &str) -> Result<Client, ClientError> {
        Ok(self.open("authorization", &format!("Bearer {token}")).await?.0)
    }

    /// The socket, and the subprotocol that the service selected.
    async fn open(
        &self,
        header: &'static str,
        value: &str,
    ) -> Result<(Client, Option<String>), ClientError> {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        self.0.send(theirs).await.expect("a service that runs");
        let mut request = "ws://service.example/".into_client_request()?;
        request.headers_mut().insert(header, value.parse().expect("a header's value"));
        let (client, response) = client_async(request, ours).await?;
        let selected = response.headers().get("sec-websocket-protocol");
        let selected = selected.map(|name| name.to_str().expect("ASCII").to_owned());
        Ok((client, selected))
    }
}

/// An `AuthX` that uses the runtime's clock, which starts at noon of the first of January 2030.
fn auth() -> AuthX {
    let start = Instant::now();
    let noon = Timestamp::from_seconds(1_893_499_200).expect("an instant");
    let config = testing::config().websocket_check_interval(INTERVAL);
    AuthX::new(config.build().expect("settings")).with_clock(move || noon + start.elapsed())
}

async fn echo(mut socket: GuardedWebSocket, claims: Claims<JsonClaims>) {
    let _ = socket.send(format!("hello, {}", claims.sub)).await;
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// How the service closes the connection: code and reason.
async fn close_of(client: &mut Client) -> (u16, String) {
    loop {
        match client.next().await {
            Some(Ok(Message::Close(Some(frame)))) => {
                return (frame.code.into(), frame.reason.to_string());
            }
            Some(Ok(_)) => {}
            end => panic!("not closed, but {end:?}"),
        }
    }
}

/// Sets its flag when it is dropped.
struct Flag(Arc<AtomicBool>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn messages_pass_until_the_token_expires_and_then_the_socket_is_closed() {
    let auth = auth();
    let service = Service::start(&auth, echo);
    let opened = Instant::now();
    let token = auth.create_access_token("ada").expect("a token");
    let mut client = service.connect(&token).await.expect("a handshake");
    assert_eq!(client.next().await.expect("a message").expect("text"), "hello, ada".into());
    client.send("again".into()).await.expect("sent");
    assert_eq!(client.next().await.expect("a message").expect("text"), "again".into());

    assert_eq!(close_of(&mut client).await, (1008, "TokenExpiredError".to_owned()));
    let open = opened.elapsed();
    assert!((LIFETIME..LIFETIME + Duration::from_secs(1)).contains(&open), "{open:?}");
}

#[tokio::test(start_paused = true)]
async fn the_leeway_applies_to_a_socket_too() {
    let leeway = Duration::from_secs(60);
    let clock = auth();
    let config = testing::config().decode_leeway(leeway).websocket_check_interval(INTERVAL);
    let auth = AuthX::new(config.build().expect("settings")).with_clock(move || clock.now());
    let service = Service::start(&auth, echo);
    let opened = Instant::now();
    let token = auth.create_access_token("ada").expect("a token");
    let mut client = service.connect(&token).await.expect("a handshake");

    assert_eq!(close_of(&mut client).await.1, "TokenExpiredError");
    assert!(opened.elapsed() >= LIFETIME + leeway);
}

#[tokio::test(start_paused = true)]
async fn a_revocation_closes_the_socket_at_the_next_check() {
    let revoked = Arc::new(AtomicBool::new(false));
    let auth = auth().with_revocation(revocation::from_sync_fn({
        let revoked = Arc::clone(&revoked);
        move |_| revoked.load(Ordering::Relaxed)
    }));
    let service = Service::start(&auth, echo);
    let token = auth.create_access_token("ada").expect("a token");
    let mut client = service.connect(&token).await.expect("a handshake");
    tokio::time::sleep(INTERVAL * 4).await;
    client.send("still here".into()).await.expect("sent");
    revoked.store(true, Ordering::Relaxed);
    let then = Instant::now();

    assert_eq!(close_of(&mut client).await, (1008, "RevokedTokenError".to_owned()));
    assert!(then.elapsed() <= INTERVAL + Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_session_closes_the_socket_at_the_next_check() {
    let clock = auth();
    let config = testing::config().session_tracking(true).websocket_check_interval(INTERVAL);
    let auth = AuthX::new(config.build().expect("settings")).with_clock(move || clock.now());
    let service = Service::start(&auth, echo);
    let session = auth.create_session("ada").await.expect("a session");
    let token = auth.issue(&NewToken::access("ada").session(&session.session_id));
    let token = token.expect("a token");
    let mut client = service.connect(&token).await.expect("a handshake");
    tokio::time::sleep(INTERVAL * 4).await;
    client.send("still here".into()).await.expect("sent");
    auth.revoke_session(&session.session_id).await.expect("revoked");
    let then = Instant::now();

    assert_eq!(close_of(&mut client).await, (1008, "SessionRevoked".to_owned()));
    assert!(then.elapsed() <= INTERVAL + Duration::from_millis(10));
    let Err(ClientError::Http(response)) = service.connect(&token).await else {
        panic!("not refused")
    };
    assert_eq!(response.status(), 401);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_or_never_answers_closes_the_socket() {
    for hangs in [false, true] {
        let broken = Arc::new(AtomicBool::new(false));
        let auth = auth().with_revocation(revocation::from_fn({
            let broken = Arc::clone(&broken);
            move |_| {
                let broken = broken.load(Ordering::Relaxed);
                async move {
                    match (broken, hangs) {
                        (false, _) => Ok(false),
                        (true, false) => Err("the store is gone"),
                        (true, true) => pending().await,
                    }
                }
            }
        }));
        let service = Service::start(&auth, echo);
        let token = auth.create_access_token("ada").expect("a token");
        let mut client = service.connect(&token).await.expect("a handshake");
        broken.store(true, Ordering::Relaxed);

        assert_eq!(close_of(&mut client).await, (1011, "Internal Server Error".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_for_something_else_is_dropped() {
    let dropped = Arc::new(AtomicBool::new(false));
    let auth = auth();
    let service = Service::waiting(&auth, &dropped);
    let token = auth.create_access_token("ada").expect("a token");
    let mut client = service.connect(&token).await.expect("a handshake");

    assert_eq!(close_of(&mut client).await.1, "TokenExpiredError");
    assert!(dropped.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn halves_in_other_tasks_end_as_well() {
    let auth = auth();
    let (ended, has_ended) = oneshot::channel();
    let ended = Arc::new(std::sync::Mutex::new(Some(ended)));
    let service = Service::start(&auth, move |socket, _claims| async move {
        let (mut sink, mut stream) = socket.split();
        let reading = tokio::spawn(async move { stream.next().await.is_none() });
        tokio::spawn(async move {
            let nothing_more = reading.await.expect("a task");
            let refused = sink.send("too late".into()).await;
            let ended = ended.lock().expect("a lock").take().expect("one connection");
            let _ = ended.send((nothing_more, refused.map_err(|error| error.to_string())));
        });
    });
    let token = auth.create_access_token("ada").expect("a token");
    let mut client = service.connect(&token).await.expect("a handshake");

    assert_eq!(close_of(&mut client).await.1, "TokenExpiredError");
    let refused = Err("the token of this WebSocket is no longer valid".to_owned());
    assert_eq!(has_ended.await, Ok((true, refused)));
}

#[tokio::test(start_paused = true)]
async fn a_socket_in_another_task_stays_guarded_after_the_handler_panicked() {
    let hand_on = |socket: GuardedWebSocket| {
        tokio::spawn(async move {
            let _kept = socket;
            pending::<()>().await;
        })
    };
    for is_late in [true, false] {
        let auth = auth();
        let service = Service::start(&auth, move |socket, _claims| {
            hand_on(socket);
            assert!(is_late, "the panic of this test, before there is a future");
            async {
                tokio::time::sleep(INTERVAL).await;
                panic!("the panic of this test, later");
            }
        });
        let token = auth.create_access_token("ada").expect("a token");
        let mut client = service.connect(&token).await.expect("a handshake");
        let closed = tokio::time::timeout(LIFETIME * 2, close_of(&mut client)).await;
        assert_eq!(closed.expect("the guard closes it").1, "TokenExpiredError");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_handler_ends_the_connection() {
    let auth = auth();
    let token = auth.create_access_token("ada").expect("a token");
    let service = Service::start(&auth, |_socket, _claims| async {
        panic!("the handler's panic of this test");
    });
    let mut client = service.connect(&token).await.expect("a handshake");
    let then = Instant::now();
    assert!(!matches!(client.next().await, Some(Ok(_))));
    assert!(then.elapsed() < LIFETIME);
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_keep_working_after_it_dropped_its_socket() {
    let auth = auth();
    let (done, is_done) = oneshot::channel();
    let done = Arc::new(std::sync::Mutex::new(Some(done)));
    let service = Service::start(&auth, move |socket, _claims| async move {
        drop(socket);
        tokio::time::sleep(LIFETIME * 2).await;
        let done = done.lock().expect("a lock").take().expect("one connection");
        let _ = done.send(());
    });
    let token = auth.create_access_token("ada").expect("a token");
    let then = Instant::now();
    let mut client = service.connect(&token).await.expect("a handshake");

    // The connection ends at once, long before the handler is done.
    assert!(!matches!(client.next().await, Some(Ok(_))));
    assert!(then.elapsed() < LIFETIME);
    assert_eq!(is_done.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_answers_the_close_frame_is_disconnected() {
    let dropped = Arc::new(AtomicBool::new(false));
    let auth = auth();
    let service = Service::waiting(&auth, &dropped);
    let token = auth.create_access_token("ada").expect("a token");
    let client = service.connect(&token).await.expect("a handshake");
    tokio::time::sleep(LIFETIME + Duration::from_secs(60)).await;

    assert!(dropped.load(Ordering::Relaxed));
    // The service ended the connection: the stream ends after the close frame, which the client never read.
    let mut client = client;
    assert_eq!(close_of(&mut client).await.1, "TokenExpiredError");
    assert!(!matches!(client.next().await, Some(Ok(_))));
}

#[tokio::test(start_paused = true)]
async fn a_handshake_without_a_valid_token_is_refused_as_any_request() {
    let auth = auth();
    let service = Service::start(&auth, echo);
    let refresh = auth.create_refresh_token("ada").expect("a token");
    for (token, error_type) in
        [(refresh.as_str(), "AccessTokenRequiredError"), ("not.a.token", "JWTDecodeError")]
    {
        let Err(ClientError::Http(response)) = service.connect(token).await else {
            panic!("not refused")
        };
        assert_eq!(response.status(), 401);
        let body =
            String::from_utf8_lossy(response.body().as_deref().unwrap_or_default()).into_owned();
        assert!(body.contains(error_type), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn custom_claims_reach_the_handler_and_debug_shows_no_token() {
    let auth = auth();
    let service = Service::start(&auth, |mut socket, claims| async move {
        let shown = format!("{socket:?} {}", claims.custom["tenant"]);
        let _ = socket.send(shown).await;
    });
    let token = NewToken::access("ada").claims(serde_json::json!({ "tenant": 7 }));
    let token = auth.issue(&token).expect("a token");
    let mut client = service.connect(&token).await.expect("a handshake");

    let shown = client.next().await.expect("a message").expect("text").to_string();
    assert_eq!(shown, "GuardedWebSocket { is_open: true, .. } 7");
    assert!(!shown.contains(&token) && !shown.contains(SECRET));
}

/// As [`auth`], with tokens of WebSockets in a subprotocol.
fn auth_of_pages() -> AuthX {
    let clock = auth();
    let config = testing::config()
        .websocket_token_location(vec![Location::Subprotocol])
        .websocket_check_interval(INTERVAL);
    AuthX::new(config.build().expect("settings")).with_clock(move || clock.now())
}

struct ReadEvents;

impl Scopes for ReadEvents {
    fn required() -> RequiredScopes {
        RequiredScopes::all(["events:read"])
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_sends_its_token_as_a_subprotocol_and_the_answer_selects_bearer() {
    let auth = auth_of_pages();
    let service = Service::start(&auth, echo);
    let token = auth.create_access_token("ada").expect("a token");
    let opened = service.open("sec-websocket-protocol", &format!("bearer, {token}")).await;
    let (mut client, selected) = opened.expect("a handshake");
    assert_eq!(selected.as_deref(), Some("bearer"));
    assert_eq!(client.next().await.expect("a message").expect("text"), "hello, ada".into());
    assert_eq!(close_of(&mut client).await.1, "TokenExpiredError");

    let ClientError::Http(response) = service.connect(&token).await.expect_err("a header") else {
        panic!("not refused")
    };
    assert_eq!(response.status(), 401, "the header is no location of sockets");
}

#[tokio::test(start_paused = true)]
async fn the_token_is_never_selected_whatever_the_application_selects() {
    type Select = fn(WebSocketUpgrade) -> WebSocketUpgrade;
    let auth = auth_of_pages();
    let token = auth.create_access_token("ada").expect("a token");
    let echo_last: Select = |mut upgrade| {
        // The requested protocols are in alphabetical order.
        let last = upgrade.requested_protocols().last().cloned();
        upgrade.set_selected_protocol(last.expect("a protocol"));
        upgrade
    };
    let own: Select = |upgrade| upgrade.protocols(["chat.v2", "chat.v1"]);
    let unknown: Select = |mut upgrade| {
        upgrade.set_selected_protocol("chat.v9".parse().expect("a value"));
        upgrade
    };
    for (select, offered, selected) in [
        (echo_last, "bearer, TOKEN", "bearer"),
        (echo_last, "bearer, TOKEN, wamp", "wamp"),
        (own, "bearer, TOKEN", "bearer"),
        (own, "chat.v1, bearer, TOKEN, chat.v2", "chat.v2"),
        (unknown, "bearer, TOKEN", "bearer"),
    ] {
        let route = move |guard: WebSocketGuard, upgrade: WebSocketUpgrade| async move {
            guard.on_upgrade(select(upgrade), |mut socket, _| async move {
                let protocol = socket.protocol().and_then(|name| name.to_str().ok());
                let _ = socket.send(protocol.unwrap_or_default().to_owned()).await;
            })
        };
        let service = Service::of(Router::new().route("/", any(route)).with_state(auth.clone()));
        let value = offered.replace("TOKEN", &token);
        let (mut client, answered) =
            service.open("sec-websocket-protocol", &value).await.expect("a handshake");
        assert_eq!(answered.as_deref(), Some(selected), "{offered}");
        assert_eq!(client.next().await.expect("a message").expect("text"), selected.into());
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_can_require_scopes() {
    let auth = auth_of_pages();
    let by_layer = Requirement::access().scopes(RequiredScopes::all(["events:read"]));
    let scoped = |token: Scoped<ReadEvents>, guard: WebSocketGuard, upgrade: WebSocketUpgrade| {
        let _ = token;
        async { guard.on_upgrade(upgrade, |_, _| async {}) }
    };
    let unguarded = |_: WebSocketToken, upgrade: WebSocketUpgrade| async {
        upgrade.protocols([BEARER_SUBPROTOCOL]).on_upgrade(|_| async {})
    };
    for route in [any(scoped), any(unguarded).layer(auth.require(by_layer))] {
        let service = Service::of(Router::new().route("/", route).with_state(auth.clone()));
        for (scope, status) in [("events:*", None), ("users:read", Some(403))] {
            let scopes = [scope.to_owned()];
            let token = auth.issue(&NewToken::access("ada").scopes(&scopes)).expect("a token");
            let offered = format!("bearer, {token}");
            let refused = match service.open("sec-websocket-protocol", &offered).await {
                Ok((_, selected)) => {
                    assert_eq!(selected.as_deref(), Some("bearer"));
                    None
                }
                Err(ClientError::Http(response)) => Some(response.status().as_u16()),
                Err(error) => panic!("{error}"),
            };
            assert_eq!(refused, status, "{scope}");
        }
    }
}

#[tokio::test]
async fn every_extractor_and_layer_looks_in_the_locations_of_sockets() {
    let auth = auth_of_pages();
    let ok = || async { "" };
    let by_hand = |State(auth): State<AuthX>, mut parts: Parts| async move {
        auth.authenticate::<()>(&mut parts, &Requirement::access()).await.map(|claims| claims.sub)
    };
    let routes = [
        any(move |_: AccessToken| ok()),
        any(move |_: FreshToken| ok()),
        any(move |_: Option<WebSocketToken>| ok()),
        any(move |_: Scoped<ReadEvents>| ok()),
        any(ok).layer(auth.require(Requirement::access())),
        any(by_hand),
    ];
    let scopes = ["events:read".to_owned()];
    let token = auth.issue(&NewToken::access("ada").fresh().scopes(&scopes)).expect("a token");
    for route in routes {
        let app = Router::new().route("/", route).with_state(auth.clone());
        let ask = |header: &'static str, value: String, handshake: bool| {
            let mut request = testing::get("/");
            request.headers_mut().insert(header, value.parse().expect("a value"));
            if handshake {
                request.headers_mut().insert("upgrade", "websocket".parse().expect("a value"));
            }
            request
        };
        let protocols = format!("bearer, {token}");
        let bearer = format!("Bearer {token}");
        let status = async |request| answer_to(&app, request).await.status;
        let handshake = ask("sec-websocket-protocol", protocols.clone(), true);
        assert_eq!(status(handshake).await, 200);
        assert_eq!(status(ask("authorization", bearer.clone(), false)).await, 200);
        let damaged = format!("bearer, {token}x");
        assert_eq!(status(ask("sec-websocket-protocol", damaged, true)).await, 401);
    }
}
