//! [`Gate`]: the common part of layers that let a request through or answer it themselves.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue};
use tower_service::Service;

use crate::rejection::Rejection;

/// Lets a request through to the inner service, or answers it with a rejection.
///
/// The layers of this crate are gates. For a layer of yours, implement this trait, and let `Layer::layer`
/// return [`GateService::new`].
///
/// ```
/// use axum::Router;
/// use axum::extract::Request;
/// use axum::routing::get;
/// use axum_authx::{AuthX, Gate, GateService, Rejection, Requirement};
///
/// /// Lets only requests of one tenant through.
/// #[derive(Clone)]
/// struct TenantLayer {
///     auth: AuthX,
/// }
///
/// impl Gate for TenantLayer {
///     async fn admit(&self, request: Request) -> Result<Request, Rejection> {
///         let (mut parts, body) = request.into_parts();
///         let claims = self.auth.authenticate::<()>(&mut parts, &Requirement::access()).await?;
///         parts.extensions.insert(claims);
///         Ok(Request::from_parts(parts, body))
///     }
/// }
///
/// impl<S> tower::Layer<S> for TenantLayer {
///     type Service = GateService<S, Self>;
///
///     fn layer(&self, inner: S) -> Self::Service {
///         GateService::new(inner, self.clone())
///     }
/// }
///
/// let layer = TenantLayer { auth: AuthX::ephemeral() };
/// let app: Router = Router::new().route("/", get(|| async { "welcome" })).route_layer(layer);
/// ```
pub trait Gate: Clone + Send + Sync + 'static {
    /// The request for the inner service, with whatever the gate adds to it.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] to answer the request with; the inner service is not called.
    fn admit(&self, request: Request) -> impl Future<Output = Result<Request, Rejection>> + Send;
}

/// In the extensions of a request that a gate admits: headers that the response gets.
#[derive(Clone, Debug)]
pub(crate) struct ResponseHeaders(pub(crate) [(HeaderName, HeaderValue); 2]);

/// A service behind a [`Gate`].
#[derive(Clone, Debug)]
pub struct GateService<S, G> {
    inner: S,
    gate: G,
}

impl<S, G> GateService<S, G> {
    /// `inner` behind `gate`.
    #[must_use]
    pub fn new(inner: S, gate: G) -> Self {
        Self { inner, gate }
    }
}

impl<S, G> Service<Request> for GateService<S, G>
where
    S: Service<Request, Response: IntoResponse> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send,
    G: Gate,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let gate = self.gate.clone();
        // `poll_ready` made `self.inner` ready, not its clone, so `self.inner` must be called.
        let waiting = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, waiting);
        Box::pin(async move {
            match gate.admit(request).await {
                Ok(mut request) => {
                    let headers = request.extensions_mut().remove::<ResponseHeaders>();
                    let mut response = inner.call(request).await?.into_response();
                    for (name, value) in headers.into_iter().flat_map(|headers| headers.0) {
                        // Each of several limits adds its own.
                        response.headers_mut().append(name, value);
                    }
                    Ok(response)
                }
                Err(rejection) => Ok(rejection.into_response()),
            }
        })
    }
}

/// Implements `Layer` for a type that is a gate.
macro_rules! gate_layer {
    ($gate:ty) => {
        impl<S> ::tower_layer::Layer<S> for $gate {
            type Service = $crate::GateService<S, $gate>;

            fn layer(&self, inner: S) -> Self::Service {
                $crate::GateService::new(inner, self.clone())
            }
        }
    };
}

pub(crate) use gate_layer;
