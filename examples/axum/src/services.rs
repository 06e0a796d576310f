//! The name of this service and of others that serve the same page, for the links in the page's header.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::AppState;
use crate::settings::SettingsError;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/services", get(services))
}

/// A service that serves the page, on the host that the page came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Service {
    name: String,
    port: u16,
}

impl Service {
    /// Reads `AUTHX_DEMO_SERVICES`, for example `FastAPI:8000,axum:8001`.
    pub(crate) fn list(entries: &str) -> Result<Vec<Self>, SettingsError> {
        entries.split(',').filter(|entry| !entry.is_empty()).map(Self::parse).collect()
    }

    fn parse(entry: &str) -> Result<Self, SettingsError> {
        let parts = entry.split_once(':').filter(|(name, _)| !name.is_empty());
        let service = parts.and_then(|(name, port)| {
            Some(Self { name: name.to_owned(), port: port.parse().ok()? })
        });
        service.ok_or_else(|| {
            SettingsError(format!(
                "AUTHX_DEMO_SERVICES: '{entry}' is no service: write NAME:PORT, with commas between"
            ))
        })
    }
}

/// The answer to `GET /services`.
#[derive(Clone, Serialize)]
pub(crate) struct Services {
    pub(crate) served_by: &'static str,
    pub(crate) services: Vec<Service>,
}

async fn services(State(services): State<Services>) -> Json<Services> {
    Json(services)
}
