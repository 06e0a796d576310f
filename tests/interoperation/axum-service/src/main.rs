//! The axum service of the interoperation tests: it has the same routes as `fastapi_service.py`, with the
//! same answers.
//!
//! Its argument is the path of a JSON file of named configurations; it serves the same routes under the
//! name of each. The first line that it prints is its port. It ends when its standard input is closed, so
//! that it can't outlive the tests.

mod folder_sessions;
mod logins;
mod policies_and_limits;
mod routes;
mod state;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use axum_authx::testing::FrozenClock;
use axum_authx::{AuthX, Config, Timestamp, open_store};
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use folder_sessions::FolderSessions;

/// The environment variables of a configuration, and its login type, which is no setting.
#[derive(Deserialize)]
struct Configuration {
    environment: BTreeMap<String, String>,
    login_type: Option<String>,
    /// Whether its logins are in a store that both faces share.
    store: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The folder of the sessions is beside this file.
    let path = std::env::args().nth(1).ok_or("the path of the configurations is missing")?;
    let configurations: BTreeMap<String, Configuration> =
        serde_json::from_slice(&std::fs::read(&path)?)?;
    let sessions = FolderSessions(Path::new(&path).with_file_name("sessions"));
    let file = Path::new(&path).with_file_name("logins.db");
    let store = open_store(&format!("sqlite:///{}", file.display()))?;
    let clock = FrozenClock::default();
    let mut app = Router::new().route("/clock", post(set_clock)).with_state(clock.clone());
    for (name, configuration) in configurations {
        let has_store = configuration.store;
        let auth = auth(configuration).map_err(|error| format!("{name}: {error}"))?;
        let auth = auth.with_clock(clock.clone());
        let router = if has_store {
            logins::router(auth.with_store(Arc::clone(&store)))
        } else {
            routes::router(auth.with_sessions(sessions.clone()))
        };
        app = app.nest(&format!("/{name}"), router);
    }

    // Both stacks where there are two: over IPv4 the client's address comes as IPv4-mapped IPv6 then.
    let listener = match TcpListener::bind(("::", 0)).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind(("127.0.0.1", 0)).await?,
    };
    let mut output = std::io::stdout();
    writeln!(output, "{}", listener.local_addr()?.port())?;
    output.flush()?;
    let mut rest = Vec::new();
    tokio::select! {
        served = async {
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, app).await
        } => served?,
        ended = async { tokio::io::stdin().read_to_end(&mut rest).await } => drop(ended?),
    }
    Ok(())
}

fn auth(configuration: Configuration) -> Result<AuthX, Box<dyn Error>> {
    let mut builder = Config::builder().variables(configuration.environment)?;
    if let Some(login_type) = configuration.login_type {
        builder = builder.login_type(login_type);
    }
    Ok(AuthX::new(builder.build()?))
}

/// Sets the clock of all configurations to this time, in seconds since 1970.
async fn set_clock(State(clock): State<FrozenClock>, seconds: String) -> Result<(), String> {
    let seconds = seconds.parse().map_err(|_| "whole seconds are expected")?;
    let epoch = Timestamp::from_seconds(0).ok_or("1970 is an instant")?;
    clock.set(epoch + Duration::from_secs(seconds));
    Ok(())
}
