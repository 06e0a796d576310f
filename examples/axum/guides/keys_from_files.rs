use std::fs;
use std::path::Path;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{BoxError, Router};
use axum_authx::{AccessToken, Algorithm, AuthX, Config, Key, KeyRing, Rejection};

/// The key that `signing` names, and every other `NAME.pem` of the folder for verifying.
fn ring_of(folder: &Path) -> Result<KeyRing, BoxError> {
    let signing = fs::read_to_string(folder.join("signing"))?.trim().to_owned();
    let mut names = vec![signing];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.extension().is_some_and(|extension| extension == "pem") && name != names[0] {
            names.push(name);
        }
    }
    let key = |name: &String| -> Result<Key, BoxError> {
        let pem = fs::read_to_string(folder.join(format!("{name}.pem")))?;
        Ok(Key::from_private_pem(Algorithm::Es256, pem)?.with_kid(name.as_str()))
    };
    Ok(KeyRing::new(names.iter().map(key).collect::<Result<Vec<_>, _>>()?)?)
}

async fn login(State(auth): State<AuthX>) -> Result<String, Rejection> {
    Ok(auth.create_access_token("ada")?) // ask your own users here
}

async fn me(token: AccessToken) -> String {
    token.sub.clone()
}

pub(crate) fn auth_of(folder: &Path) -> Result<AuthX, BoxError> {
    Ok(AuthX::new(Config::builder().keys(ring_of(folder)?).build()?))
}

/// After the files have changed: requests after this one use the new keys.
pub(crate) fn read_again(auth: &AuthX, folder: &Path) -> Result<(), BoxError> {
    let ring = ring_of(folder)?; // with an error here the old keys stay
    auth.change_keys(|_| Ok(ring.clone()))
}

pub(crate) fn app(auth: AuthX) -> Router {
    Router::new().route("/login", post(login)).route("/me", get(me)).with_state(auth)
}
