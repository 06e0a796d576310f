//! The routes of a configuration whose logins are in a store that both faces share, as in `fastapi_logins.py`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};
use axum::{BoxError, Json, Router};
use axum_authx::{
    AccessToken, AuthX, Client, Clients, Credentials, LoginTokens, Mail, NewLogin, NewToken,
    PasswordReset, Paths, RateLimit, RateLimiter, RefreshToken, Rejection, Renewal, RenewalRequest,
    Rotated, SessionInfo, TokenType, TypedToken, UnsetCookies, Verification,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) fn router(auth: AuthX) -> Router {
    let auth = auth.with_renewal(renew);
    let clients = Clients::default().with("gateway", "a secret of the gateway");
    let mails = Mails::default();
    let sent = mails.clone();
    let nothing = async |_| Ok(());
    let (first, second) = (mails.clone(), mails);
    let reset = PasswordReset::new(move |mail| send(mail, first.clone()), async |_, _| Ok(()));
    let paths = Paths {
        clients: clients.expect("a client"),
        password_reset: Some(reset.accepting(|password| password.len() >= 12)),
        verification: Some(Verification::new(move |mail| send(mail, second.clone()), nothing)),
        ..Paths::default()
    };
    let limit = RateLimit::new(2, Duration::from_secs(60)).expect("a limit");
    let limiter = RateLimiter::by_address(limit).named("both faces").expect("a name");
    Router::new()
        .route("/limited", get(async || Json(())))
        .route_layer(auth.rate_limit(limiter))
        .route("/login", post(login))
        .route("/mails", get(async move || Json(sent.lock().expect("no panic").clone())))
        .route("/ticket", post(ticket))
        .route("/use-ticket", post(use_ticket))
        .nest("/ready", auth.routes_at(&paths, authenticate))
        .route("/refresh", post(refresh))
        .route("/plain-refresh", post(plain_refresh))
        .route("/logout", post(logout))
        .route("/everywhere", post(everywhere))
        .route("/elsewhere", post(elsewhere))
        .route("/logins", get(logins))
        .route("/me", get(me))
        .with_state(auth)
}

type Mails = Arc<Mutex<Vec<String>>>;

async fn send(mail: Mail, mails: Mails) -> Result<(), BoxError> {
    if mail.username != "nobody" {
        let token = mail.token_for(&mail.username)?;
        mails.lock().expect("no panic").push(token);
    }
    Ok(())
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Tenant {
    tenant: u32,
}

async fn renew(claims: RenewalRequest) -> Result<Option<Renewal>, BoxError> {
    let tenant: u32 = serde_json::from_str(claims.custom["tenant"].get())?;
    Ok(match tenant {
        8 => Some(Renewal::unchanged().scopes(["c:d"]).claims(&Tenant { tenant: 10 })?),
        9 => None,
        _ => Some(Renewal::unchanged()),
    })
}

async fn authenticate(given: Credentials) -> Result<Option<NewLogin<'static, Tenant>>, BoxError> {
    let is_known = given.password() == "engine";
    let scopes = given.scopes.clone();
    let login = || NewLogin::of(given.username).scopes(scopes).claims(Tenant { tenant: 7 });
    Ok(is_known.then(login))
}

async fn login(
    State(auth): State<AuthX>,
    client: Client,
    uri: Uri,
) -> Result<LoginTokens, Rejection> {
    let named = uri.query().and_then(|query| query.strip_prefix("tenant=")?.parse().ok());
    let tenant = Tenant { tenant: named.unwrap_or(7) };
    let login = NewLogin::of("ada").scopes(["a:b"]).claims(tenant);
    auth.log_in(&login, client).await
}

struct Ticket;

impl TokenType for Ticket {
    const NAME: &'static str = "ticket";
}

async fn ticket(State(auth): State<AuthX>, token: AccessToken) -> Result<Json<String>, Rejection> {
    let new = NewToken::of("ticket", &*token.sub).expires_in(Duration::from_secs(60)).once();
    Ok(Json(auth.issue(&new)?))
}

async fn use_ticket(token: TypedToken<Ticket>) -> Json<String> {
    Json(token.sub.clone())
}

async fn refresh(tokens: Rotated) -> Rotated {
    tokens
}

async fn plain_refresh(token: RefreshToken) -> Json<String> {
    Json(token.sub.clone())
}

/// `null`, as FastAPI answers where there is nothing to return.
async fn logout(
    State(auth): State<AuthX>,
    token: AccessToken,
) -> Result<(UnsetCookies, Json<()>), Rejection> {
    Ok((auth.logout(&token).await?, Json(())))
}

async fn everywhere(
    State(auth): State<AuthX>,
    token: AccessToken,
) -> Result<(UnsetCookies, Json<()>), Rejection> {
    Ok((auth.logout_everywhere(&token).await?, Json(())))
}

async fn elsewhere(State(auth): State<AuthX>, token: AccessToken) -> Result<Json<()>, Rejection> {
    auth.logout_elsewhere(&token).await?;
    Ok(Json(()))
}

async fn logins(
    State(auth): State<AuthX>,
    token: AccessToken,
) -> Result<Json<Vec<SessionInfo>>, Rejection> {
    Ok(Json(auth.list_sessions(&token.sub).await?))
}

async fn me(token: AccessToken<Tenant>) -> Json<Value> {
    Json(json!({ "sub": token.sub, "scopes": token.scopes, "tenant": token.custom.tenant }))
}
