//! The contestants, and a check that each answers correctly.

use std::convert::Infallible;
use std::fmt::Debug;

use authx_benchmarks::backend::Backend;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Empty};
use tower_service::Service;

use crate::{bare, jsonwebtoken_extractor, jwt_authorizer_layer, ours, signature_alone};

/// The subject of the requests' token, which every route answers with.
pub const SUBJECT: &str = "user-5f0b7c1e";

/// An application with one route, `GET /`.
pub struct Contestant {
    pub name: &'static str,
    pub app: App,
    /// Whether it refuses a token with a wrong signature.
    pub is_protected: bool,
}

pub enum App {
    Axum08(axum::Router),
    Axum07(axum_07::Router),
}

/// The parts of a response that are compared.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
}

pub fn all() -> Vec<Contestant> {
    let bare = |name, app| Contestant { name, app, is_protected: false };
    let protected = |name, app| Contestant { name, app, is_protected: true };
    let jsonwebtoken = |backend| App::Axum08(jsonwebtoken_extractor::app(backend));
    vec![
        bare("bare", App::Axum08(bare::app())),
        protected("signature alone", App::Axum08(signature_alone::app())),
        protected("authx", App::Axum08(ours::app(0))),
        protected("authx, verification cache", App::Axum08(ours::app(10_000))),
        protected("authx, copy of a store", App::Axum08(ours::app_with_copy_of_store())),
        protected("jsonwebtoken, aws_lc_rs", jsonwebtoken(Backend::AwsLc)),
        protected("jsonwebtoken, rust_crypto", jsonwebtoken(Backend::RustCrypto)),
        bare("bare, axum 0.7", App::Axum07(bare::app_07())),
        protected("jwt-authorizer, axum 0.7", App::Axum07(jwt_authorizer_layer::app())),
    ]
}

/// Panics if the contestant answers something else, or accepts a token with a wrong signature.
pub fn check(
    name: &str,
    is_protected: bool,
    token: &str,
    mut answer_to: impl FnMut(&str) -> Answer,
) {
    let expected = Answer { status: 200, body: Bytes::from_static(SUBJECT.as_bytes()) };
    assert_eq!(answer_to(token), expected, "{name}: the answer to a valid token");
    if is_protected {
        let status = answer_to(&with_another_signature(token)).status;
        assert_eq!(status, 401, "{name}: the status for a token with a wrong signature");
    }
}

fn with_another_signature(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').expect("a token has dots");
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{}", &signature[1..])
}

impl App {
    /// A call from a request to the complete answer with its body, without a network or a runtime.
    pub fn into_call(self) -> Box<dyn FnMut(Request<Empty<Bytes>>) -> Answer> {
        match self {
            Self::Axum08(router) => Box::new(call(router)),
            Self::Axum07(router) => Box::new(call(router)),
        }
    }
}

fn call<S, B>(mut service: S) -> impl FnMut(Request<Empty<Bytes>>) -> Answer
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: Body<Error: Debug>,
{
    move |request| {
        let response = service.call(request).now_or_never().expect("nothing to wait for");
        let (head, body) = response.unwrap_or_else(|never| match never {}).into_parts();
        let body = body.collect().now_or_never().expect("nothing to wait for").expect("a body");
        Answer { status: head.status.as_u16(), body: body.to_bytes() }
    }
}
