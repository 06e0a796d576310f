//! [`ReadBodyLayer`]: reads a request's body where the engine needs it, and leaves it readable for the handler.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use authx::transport::BodyWanted;
use authx::{Request as EngineRequest, Requirement};
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body::{Frame, SizeHint};

use crate::auth::AuthX;
use crate::form::{Encoding, Fields};
use crate::gate::{Gate, gate_layer};
use crate::rejection::Rejection;

impl AuthX {
    /// A layer that lets the extractors find tokens in JSON bodies and CSRF values in forms; see
    /// [`ReadBodyLayer`].
    #[must_use]
    pub fn read_body(&self) -> ReadBodyLayer {
        let engine = self.engine();
        let requirements = engine.config().token_kinds().map(Requirement::of);
        let requirements = requirements.filter(|each| engine.may_want_body(each)).collect();
        ReadBodyLayer { auth: self.clone(), requirements }
    }
}

/// Lets the extractors find tokens in JSON bodies, and CSRF values in forms.
///
/// An extractor has no access to the body, so this layer reads it before, and only where it is needed: a
/// JSON body when `json` is among the token locations and no earlier one has a token, a URL-encoded form
/// when `JWT_CSRF_CHECK_FORM` is set and the CSRF header is missing. No more than `JWT_MAX_BODY_SIZE` is
/// kept in memory; in a larger body no token is found. The handler can still read the whole body. A CSRF
/// value in a `multipart/form-data` form is read with the crate's feature `multipart`.
///
/// It reads for access and refresh tokens, and for the types that `JWT_TOKEN_TYPES` lists.
///
/// A request may be refused before its body was read to its end. hyper then closes the connection, and a client
/// that is still sending may see a reset instead of the answer (RFC 9112 section 9.6). A listener that closes in
/// stages, such as `examples/axum/src/lingering.rs` in the repository, avoids that.
///
/// ```
/// use axum::routing::post;
/// use axum::{Json, Router};
/// use axum_authx::{AuthX, Config, Location, RefreshToken, Secret};
/// use serde_json::Value;
///
/// async fn refresh(token: RefreshToken, Json(body): Json<Value>) -> String {
///     format!("{}: {}", token.sub, body["device"])
/// }
///
/// let secret = Secret::from("a secret of at least thirty-two bytes");
/// let config = Config::builder()
///     .secret_key(secret)
///     .refresh_token_location(vec![Location::Json])
///     .build()?;
/// let auth = AuthX::new(config);
/// let app: Router = Router::new()
///     .route("/refresh", post(refresh))
///     .layer(auth.read_body())
///     .with_state(auth);
/// # Ok::<(), axum_authx::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReadBodyLayer {
    auth: AuthX,
    /// Only those that may need the body.
    requirements: Arc<[Requirement]>,
}

gate_layer!(ReadBodyLayer);

impl Gate for ReadBodyLayer {
    async fn admit(&self, request: Request) -> Result<Request, Rejection> {
        Ok(with_body_read(&self.auth, request, &self.requirements).await)
    }
}

/// For a ready route, which reads its body itself: the request without it, and the bytes, unless there are more than
/// `JWT_MAX_BODY_SIZE` or they break off.
pub(crate) async fn parts_and_bytes(auth: &AuthX, request: Request) -> (Parts, Option<Bytes>) {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, auth.engine().config().max_body_size()).await.ok();
    (parts, bytes)
}

/// The media type that a request says its body has; empty if it says none.
pub(crate) fn content_type(parts: &Parts) -> &[u8] {
    parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default()
}

/// What was read of a request's body; an extension of the request.
#[derive(Clone)]
pub(crate) enum ReadBody {
    /// The body was not needed.
    Unread,
    /// The body is too large or of another media type.
    Unusable,
    /// The bytes of a JSON body.
    Json(Bytes),
    /// The fields of a form.
    Form(Arc<Fields>),
}

/// The request with its body read, if one of the requirements needs it.
pub(crate) async fn with_body_read(
    auth: &AuthX,
    mut request: Request,
    requirements: &[Requirement],
) -> Request {
    let read = request.extensions().get::<ReadBody>();
    if read.is_some_and(|read| !matches!(read, ReadBody::Unread)) {
        return request;
    }
    let bound = auth.engine().config().max_body_size();
    let read = match wanted(auth, &request, requirements) {
        None => ReadBody::Unread,
        Some(BodyWanted::Json) => match take_bytes(&mut request, bound).await {
            Some(bytes) => ReadBody::Json(bytes),
            None => ReadBody::Unusable,
        },
        Some(BodyWanted::Form) => match read_form(&mut request, bound).await {
            Some(fields) => ReadBody::Form(Arc::new(fields)),
            None => ReadBody::Unusable,
        },
    };
    request.extensions_mut().insert(read);
    request
}

async fn read_form(request: &mut Request, bound: usize) -> Option<Fields> {
    let encoding = Encoding::of(request.headers())?;
    let bytes = take_bytes(request, bound).await?;
    Some(encoding.decode(bytes).await)
}

/// The bytes of the request's body. The request keeps a body with the same content.
async fn take_bytes(request: &mut Request, bound: usize) -> Option<Bytes> {
    let body = std::mem::take(request.body_mut());
    let (bytes, body) = read_bounded(body, bound).await;
    *request.body_mut() = body;
    bytes
}

fn wanted(auth: &AuthX, request: &Request, requirements: &[Requirement]) -> Option<BodyWanted> {
    let query = request.uri().query().unwrap_or_default();
    let head = EngineRequest::new(request.method().as_str(), request.headers());
    let head = head.query(query.as_bytes());
    requirements
        .iter()
        .filter(|requirement| auth.engine().may_want_body(requirement))
        .find_map(|requirement| auth.engine().wants_body(&head, requirement, auth.now()))
}

/// The bytes of a body, unless it is larger than the bound or breaks off, and a body with the same content.
async fn read_bounded(mut body: Body, bound: usize) -> (Option<Bytes>, Body) {
    let announced = body.size_hint().lower();
    if u64::try_from(bound).is_ok_and(|bound| announced > bound) {
        return (None, body);
    }
    // Content-Length may be absent or wrong, so the bound is checked while reading. The chunks are joined
    // at once, because keeping many tiny ones would take more memory than the bound.
    let mut read = BytesMut::new();
    let mut then = VecDeque::new();
    let complete = loop {
        match poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            None => break true,
            Some(Err(error)) => {
                then.push_back(Err(error));
                break false;
            }
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if data.len() <= bound - read.len() => read.extend_from_slice(&data),
                Ok(data) => {
                    then.push_back(Ok(Frame::data(data)));
                    break false;
                }
                Err(trailers) => {
                    then.push_back(Ok(trailers));
                    break true;
                }
            },
        }
    };
    let read = read.freeze();
    let bytes = complete.then(|| read.clone());
    if complete && then.is_empty() {
        return (bytes, Body::from(read));
    }
    then.push_front(Ok(Frame::data(read)));
    (bytes, Body::new(Replayed { waiting: then, rest: body }))
}

/// A body that yields the part that was already read, then the rest.
struct Replayed {
    waiting: VecDeque<Result<Frame<Bytes>, axum::Error>>,
    rest: Body,
}

impl HttpBody for Replayed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.waiting.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.waiting.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let data = self.waiting.iter().flatten().filter_map(Frame::data_ref);
        let waiting: u64 = data.map(|data| data.len() as u64).sum();
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(waiting));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(waiting));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use authx::Location;
    use axum::Router;
    use axum::routing::post;
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::AccessToken;
    use crate::testing::{self, answer_to};

    /// A body in these chunks, without a Content-Length.
    fn pieces(pieces: &[&'static [u8]]) -> Body {
        Body::new(Unannounced(pieces.iter().map(|piece| Bytes::from_static(piece)).collect()))
    }

    struct Unannounced(VecDeque<Bytes>);

    impl HttpBody for Unannounced {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Poll::Ready(self.0.pop_front().map(|data| Ok(Frame::data(data))))
        }
    }

    async fn bytes_of(body: Body) -> Vec<u8> {
        body.collect().await.expect("a body").to_bytes().to_vec()
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_the_bound_and_given_back_whole() {
        for (bound, is_read) in [(100, true), (13, true), (12, false), (8, false), (0, false)] {
            let body = pieces(&[b"one ", b"", b"two ", b"three"]);
            let (bytes, body) = read_bounded(body, bound).await;
            let read = is_read.then_some(b"one two three".as_slice());
            assert_eq!(bytes.as_deref(), read, "{bound}");
            assert_eq!(bytes_of(body).await, b"one two three", "{bound}");
        }
    }

    #[tokio::test]
    async fn an_announced_length_beyond_the_bound_is_not_read() {
        let (bytes, body) = read_bounded(Body::from("one two"), 6).await;
        assert_eq!(bytes, None);
        assert_eq!(bytes_of(body).await, b"one two");
    }

    #[tokio::test]
    async fn the_handler_gets_the_error_of_a_body_that_breaks_off() {
        let mut waiting = VecDeque::from([Ok(Frame::data(Bytes::from_static(b"one")))]);
        waiting.push_back(Err(axum::Error::new("the client went away")));
        let body = Body::new(Replayed { waiting, rest: Body::empty() });
        let (bytes, body) = read_bounded(body, 100).await;
        assert_eq!(bytes, None);
        assert!(body.collect().await.is_err());
    }

    #[tokio::test]
    async fn trailers_are_kept() {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("checksum", http::HeaderValue::from_static("abc"));
        let waiting = VecDeque::from([
            Ok(Frame::data(Bytes::from_static(b"one"))),
            Ok(Frame::trailers(trailers.clone())),
        ]);
        let body = Body::new(Replayed { waiting, rest: Body::empty() });
        let (bytes, body) = read_bounded(body, 100).await;
        assert_eq!(bytes.as_deref(), Some(b"one".as_slice()));
        assert_eq!(body.collect().await.expect("a body").trailers(), Some(&trailers));
    }

    #[tokio::test]
    async fn without_the_layer_an_extractor_that_needs_the_body_answers_500() {
        let config = testing::config().token_location([Location::Headers, Location::Json]);
        let auth = AuthX::new(config.build().expect("settings"));
        let app = Router::new()
            .route("/", post(|token: AccessToken| async move { token.0.sub }))
            .with_state(auth.clone());
        let request = || testing::json("/", r#"{"access_token":"a.b.c"}"#);
        let answer = answer_to(&app, request()).await;
        assert_eq!((answer.status, answer.body.as_str()), (500, "Internal Server Error"));
        let answer = answer_to(&app.layer(auth.read_body()), request()).await;
        assert_eq!((answer.status, answer.error_type()), (401, Some("JWTDecodeError")));
    }
}
