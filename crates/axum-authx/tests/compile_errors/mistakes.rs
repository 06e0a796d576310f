//! Handlers that must not compile. `tests/compile_errors.rs` compiles one at a time, chosen by `--cfg mistake`.

#[cfg(mistake = "no state")]
mod mistake {
    #[axum::debug_handler]
    async fn handler(_: axum_authx::AccessToken) {}
}

#[cfg(mistake = "a state without it")]
mod mistake {
    #[derive(Clone)]
    struct Database;

    #[axum::debug_handler(state = Database)]
    async fn handler(_: axum_authx::RefreshToken) {}
}

#[cfg(mistake = "no way to a user")]
mod mistake {
    struct User;

    #[axum::debug_handler(state = axum_authx::AuthX)]
    async fn handler(_: axum_authx::CurrentSubject<User>) {}
}

#[cfg(mistake = "claims that can't be cloned")]
mod mistake {
    #[derive(serde::Deserialize)]
    struct Tenant;

    #[axum::debug_handler(state = axum_authx::AuthX)]
    async fn handler(_: axum_authx::AccessToken<Tenant>) {}
}

fn main() {}
