//! The program of the AuthX demo with axum. `make demo` starts it together with the Python service.

mod lingering;

use std::process::ExitCode;

use authx_demo::{Settings, app};
use axum::BoxError;
use tokio::net::TcpListener;

use lingering::Lingering;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), BoxError> {
    let settings = Settings::from_env()?;
    let (host, port) = (settings.host.clone(), settings.port);
    let app = app(settings)?;
    let listener = TcpListener::bind((host.as_str(), port)).await.map_err(|error| {
        format!(
            "AUTHX_DEMO_HOST and AUTHX_DEMO_PORT: can't listen on port {port} of {host}: {error}"
        )
    })?;
    tracing::info!("serving on http://{}", listener.local_addr()?);
    axum::serve(Lingering(listener), app).with_graceful_shutdown(interrupted()).await?;
    Ok(())
}

async fn interrupted() {
    // If the handler can't be installed, Ctrl-C still ends the process, but without a graceful shutdown.
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!("Ctrl-C can't be waited for: {error}");
        std::future::pending::<()>().await;
    }
}
