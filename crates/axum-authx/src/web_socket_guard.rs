//! [`WebSocketGuard`]: closes an open WebSocket when its token ends.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use authx::answer::SocketClose;
use authx::token::CustomClaims;
use authx::transport::{BEARER_SUBPROTOCOL, offered_subprotocols};
use authx::{Claims, RequestToken, Requirement, Step, Timestamp};
use axum::extract::FromRequestParts;
use axum::extract::ws::{CloseFrame, Message, OnFailedUpgrade, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::{Sink, SinkExt, Stream, StreamExt as _};
use http::HeaderValue;
use http::request::Parts;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::auth::AuthX;
use crate::authenticate::Asked;
use crate::login::FromLogin;
use crate::rejection::Rejection;
use crate::state::AuthState;

/// The claims of a WebSocket's token, as [`WebSocketToken`](crate::WebSocketToken) gives them, and a guard
/// that closes the socket when the token or its session ends.
///
/// The token is verified again when it expires, and every `JWT_WEBSOCKET_CHECK_INTERVAL`. When it is no longer
/// valid, the handler's future is dropped at its current `await`, as by a timeout, and the socket is closed
/// with code 1008 and the `error_type` as the reason. If the store fails or doesn't answer in time, the socket
/// is closed too, with code 1011. If the handler panics, the connection ends, and a socket that it moved into another
/// task before stays guarded. `Option<WebSocketGuard>` is no extractor: without a token there is nothing to
/// guard.
///
/// If the page offers the token as a subprotocol, the answer selects `bearer`, or the application's own that was
/// selected with [`WebSocketUpgrade::protocols`]; never the token, nor what the client didn't offer.
///
/// ```
/// use axum::Router;
/// use axum::extract::ws::WebSocketUpgrade;
/// use axum::response::Response;
/// use axum::routing::any;
/// use axum_authx::{AuthX, WebSocketGuard};
///
/// async fn events(guard: WebSocketGuard, upgrade: WebSocketUpgrade) -> Response {
///     guard.on_upgrade(upgrade, |mut socket, claims| async move {
///         let _ = socket.send(format!("hello, {}", claims.sub)).await;
///         while let Some(Ok(message)) = socket.recv().await {
///             let _ = socket.send(message).await;
///         }
///     })
/// }
///
/// let auth = AuthX::ephemeral();
/// let app: Router = Router::new().route("/events", any(events)).with_state(auth);
/// ```
#[must_use = "it guards the socket of `on_upgrade`"]
pub struct WebSocketGuard<C = ()> {
    claims: Claims<C>,
    watch: Watch,
    /// The subprotocols that the client offers, without the token.
    offered: Vec<HeaderValue>,
}

impl<C> WebSocketGuard<C> {
    /// Accepts the handshake, and runs `serve` with the socket for as long as the token is valid.
    #[must_use = "to set up the WebSocket connection, this response must be returned"]
    pub fn on_upgrade<F, S, Fut>(self, upgrade: WebSocketUpgrade<F>, serve: S) -> Response
    where
        F: OnFailedUpgrade,
        S: FnOnce(GuardedWebSocket, Claims<C>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
        C: Send + 'static,
    {
        let Self { claims, watch, offered } = self;
        select_subprotocol(upgrade, &offered).on_upgrade(|socket| async move {
            let end = watch.end(claims.exp);
            let (guarded, shared, in_use) = share(socket);
            let handler = until_end_or_panic(async move { serve(guarded, claims).await });
            if let Some((socket, close)) = supervise(handler, end, in_use, &shared).await {
                say_goodbye(socket, close).await;
            }
        })
    }
}

impl<C> Deref for WebSocketGuard<C> {
    type Target = Claims<C>;

    fn deref(&self) -> &Claims<C> {
        &self.claims
    }
}

impl<S, C> FromRequestParts<S> for WebSocketGuard<C>
where
    S: AuthState,
    C: CustomClaims,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        Self::from_login(parts, &state.auth(), state).await
    }
}

impl<S: Sync, C: CustomClaims> FromLogin<S> for WebSocketGuard<C> {
    async fn from_login(parts: &mut Parts, auth: &AuthX, _: &S) -> Result<Self, Rejection> {
        let auth = auth.clone();
        let requirement = Requirement::access().websocket();
        let token = auth.find_token(parts, &requirement)?;
        let watch = Watch { auth, token, requirement };
        let claims = watch.auth.ask_stores(watch.verify()?, parts).await?;
        let offered = offered_subprotocols(&parts.headers).into_iter();
        let offered = offered.filter_map(|name| HeaderValue::from_bytes(name).ok()).collect();
        Ok(Self { claims, watch, offered })
    }
}

/// Shows no token.
impl<C: fmt::Debug> fmt::Debug for WebSocketGuard<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WebSocketGuard")
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

/// Keeps the subprotocol that the application selected, if the client offers it and it is not the token. Otherwise
/// selects the one that announces the token, if the client offers that.
fn select_subprotocol<F>(
    upgrade: WebSocketUpgrade<F>,
    offered: &[HeaderValue],
) -> WebSocketUpgrade<F> {
    if upgrade.selected_protocol().is_some_and(|selected| offered.contains(selected)) {
        return upgrade;
    }
    upgrade.protocols([BEARER_SUBPROTOCOL])
}

/// The handshake's token, and what is needed to verify it again.
struct Watch {
    auth: AuthX,
    token: RequestToken<'static>,
    requirement: Requirement,
}

impl Watch {
    /// Waits until the token, which expires at `exp`, is no longer valid.
    async fn end(&self, exp: Option<Timestamp>) -> SocketClose {
        loop {
            sleep(self.auth.engine().socket_check_in(exp, self.auth.now())).await;
            if let Err(rejection) = self.check(exp).await {
                return rejection.socket_close();
            }
        }
    }

    /// Makes every check that needs no store.
    fn verify<C: CustomClaims>(&self) -> Result<Step<C>, Rejection> {
        let Self { auth, token, requirement } = self;
        let verified = auth.verify_found(&auth.engine(), token, requirement, auth.now());
        verified.map(|verified| verified.ask(auth.stores())).map_err(|error| auth.reject(error))
    }

    async fn check(&self, exp: Option<Timestamp>) -> Result<(), Rejection> {
        let auth = &self.auth;
        let step = self.verify::<()>()?;
        let patience = auth.engine().socket_check_in(exp, auth.now());
        let Ok(answer) = timeout(patience, auth.admit(step, Asked::still_open())).await else {
            // The token may have expired while the store was asked; that error takes precedence.
            drop(self.verify::<()>()?);
            return Err(Rejection::failed(
                "the store did not answer in time whether a WebSocket's token was revoked, so it is refused",
            ));
        };
        answer.map(drop).map_err(|refusal| auth.refuse(refusal, None))
    }
}

/// Waits until the handler ends, by a panic too: it may have moved the socket into another task before, where the
/// socket must still be closed when its token ends. The panic's message was written when it began to unwind.
async fn until_end_or_panic(handler: impl Future<Output = ()>) {
    let mut handler = pin!(handler);
    poll_fn(|context| {
        // After a panic the handler is not polled again, and nothing of it is used.
        let polled = catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(context)));
        polled.unwrap_or(Poll::Ready(()))
    })
    .await;
}

/// Runs the handler until it ends or the token does. Returns the socket to close, if the token ended first.
async fn supervise(
    handler: impl Future<Output = ()>,
    end: impl Future<Output = SocketClose>,
    in_use: oneshot::Receiver<Infallible>,
    shared: &SharedSocket,
) -> Option<(WebSocket, SocketClose)> {
    let mut handler = pin!(handler);
    let mut end = pin!(end);
    let mut dropped = pin!(in_use);
    // Taken before the handler is dropped, which would end the connection without a close frame.
    let taken = |close| shared.take().map(|socket| (socket, close));
    tokio::select! {
        biased;
        close = &mut end => taken(close),
        () = &mut handler => {
            // The handler may have moved the socket, or a half of it, into another task.
            tokio::select! {
                close = &mut end => taken(close),
                _ = &mut dropped => None,
            }
        }
        _ = &mut dropped => {
            // The handler has dropped the socket, but may still be working.
            handler.await;
            None
        }
    }
}

/// A [`WebSocket`] that is closed when its token ends: from then on it yields no messages, and sending fails.
///
/// It has axum's interface: [`recv`](Self::recv) and [`send`](Self::send), and `Stream` and `Sink`, which can
/// be split.
pub struct GuardedWebSocket {
    socket: SharedSocket,
    protocol: Option<HeaderValue>,
    /// Dropped with the socket, so that the receiver learns that the handler dropped it.
    _in_use: oneshot::Sender<Infallible>,
}

/// The handler's socket, the guard's, and a receiver that ends when the handler drops its socket.
fn share(socket: WebSocket) -> (GuardedWebSocket, SharedSocket, oneshot::Receiver<Infallible>) {
    let protocol = socket.protocol().cloned();
    let socket =
        SharedSocket(Arc::new(Mutex::new(Inner { socket: Some(socket), waiting: [None, None] })));
    let (sender, in_use) = oneshot::channel();
    (GuardedWebSocket { socket: socket.clone(), protocol, _in_use: sender }, socket, in_use)
}

impl GuardedWebSocket {
    /// The next message; `None` when the client closed the socket, or the guard did.
    pub async fn recv(&mut self) -> Option<Result<Message, axum::Error>> {
        self.next().await
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// The connection failed, or the guard closed the socket.
    pub async fn send(&mut self, message: impl Into<Message>) -> Result<(), axum::Error> {
        SinkExt::send(self, message.into()).await
    }

    /// The subprotocol that was selected.
    #[must_use]
    pub fn protocol(&self) -> Option<&HeaderValue> {
        self.protocol.as_ref()
    }
}

/// Ends the connection, as dropping axum's socket does. The guard holds the socket too, so it has to be taken.
impl Drop for GuardedWebSocket {
    fn drop(&mut self) {
        drop(self.socket.take());
    }
}

impl Stream for GuardedWebSocket {
    type Item = Result<Message, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.socket.poll(Half::Reading, context, WebSocket::poll_next_unpin);
        polled.unwrap_or(Poll::Ready(None))
    }
}

impl Sink<Message> for GuardedWebSocket {
    type Error = axum::Error;

    fn poll_ready(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), axum::Error>> {
        self.poll_sink(context, WebSocket::poll_ready_unpin)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), axum::Error> {
        let mut inner = self.socket.lock();
        inner.socket.as_mut().ok_or_else(closed)?.start_send_unpin(message)
    }

    fn poll_flush(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), axum::Error>> {
        self.poll_sink(context, WebSocket::poll_flush_unpin)
    }

    fn poll_close(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), axum::Error>> {
        self.poll_sink(context, WebSocket::poll_close_unpin)
    }
}

impl GuardedWebSocket {
    fn poll_sink(
        &self,
        context: &mut Context<'_>,
        poll: impl FnOnce(&mut WebSocket, &mut Context<'_>) -> Poll<Result<(), axum::Error>>,
    ) -> Poll<Result<(), axum::Error>> {
        let polled = self.socket.poll(Half::Writing, context, poll);
        polled.unwrap_or_else(|| Poll::Ready(Err(closed())))
    }
}

impl fmt::Debug for GuardedWebSocket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_open = self.socket.lock().socket.is_some();
        formatter
            .debug_struct("GuardedWebSocket")
            .field("is_open", &is_open)
            .finish_non_exhaustive()
    }
}

fn closed() -> axum::Error {
    axum::Error::new("the token of this WebSocket is no longer valid")
}

/// A socket that the guard can take away from the handler. The lock is held only while the socket is polled,
/// never across an `await`.
#[derive(Clone)]
struct SharedSocket(Arc<Mutex<Inner>>);

struct Inner {
    /// `None` once the guard took it.
    socket: Option<WebSocket>,
    /// The wakers of pending reads and writes, by [`Half`], to be woken when the socket is taken.
    waiting: [Option<Waker>; 2],
}

#[derive(Clone, Copy)]
enum Half {
    Reading,
    Writing,
}

impl SharedSocket {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` once the socket is taken.
    fn poll<T>(
        &self,
        half: Half,
        context: &mut Context<'_>,
        poll: impl FnOnce(&mut WebSocket, &mut Context<'_>) -> Poll<T>,
    ) -> Option<Poll<T>> {
        let mut inner = self.lock();
        let polled = poll(inner.socket.as_mut()?, context);
        inner.waiting[half as usize] = polled.is_pending().then(|| context.waker().clone());
        Some(polled)
    }

    /// Takes the socket away, and wakes the tasks that wait for it.
    fn take(&self) -> Option<WebSocket> {
        let (socket, waiting) = {
            let mut inner = self.lock();
            (inner.socket.take(), std::mem::take(&mut inner.waiting))
        };
        waiting.into_iter().flatten().for_each(Waker::wake);
        socket
    }
}

/// Closes a socket by the closing handshake of RFC 6455 section 7.1.2.
async fn say_goodbye(mut socket: WebSocket, SocketClose { code, reason }: SocketClose) {
    let goodbye = async {
        let frame = CloseFrame { code, reason: reason.into() };
        socket.send(Message::Close(Some(frame))).await?;
        // Messages before the client's close frame are discarded.
        while socket.recv().await.transpose()?.is_some() {}
        Ok::<(), axum::Error>(())
    };
    // The connection ends anyway, so neither a timeout nor an error matters.
    let _ = timeout(PATIENCE, goodbye).await;
}

/// How long to wait for the client's close frame.
const PATIENCE: Duration = Duration::from_secs(5);
