//! The demo's two users. Their passwords are shown on the page, but stored as hashes, as in a real service.

use std::sync::{Arc, PoisonError, RwLock};

use axum::BoxError;
use scrypt::password_hash::phc::PasswordHash;
use scrypt::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use scrypt::{Params, Scrypt};
use tokio::task::spawn_blocking;

use crate::error::DemoError;
use crate::security::random_bytes;

/// A user who may log in, with their scopes.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) full_name: String,
    pub(crate) scopes: Vec<String>,
    password: PasswordHash,
}

/// All users. Clones share one map.
#[derive(Clone)]
pub(crate) struct Users {
    users: Arc<RwLock<Vec<User>>>,
    /// The hash that is compared for an unknown name.
    unknown_password: PasswordHash,
}

impl Users {
    /// Ada, an administrator, and Grace, who may only read.
    pub(crate) fn of_the_demo() -> Result<Self, BoxError> {
        let user = |name: &str, full_name: &str, scopes: &[&str], password: &str| {
            Ok::<_, BoxError>(User {
                name: name.to_owned(),
                full_name: full_name.to_owned(),
                scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
                password: hash(password.as_bytes())?,
            })
        };
        let ada = ["admin:*", "users:read", "users:delete"];
        let users = vec![
            user("ada", "Ada Lovelace", &ada, "analytical-engine")?,
            user("grace", "Grace Hopper", &["users:read"], "nanosecond-wire")?,
        ];
        Ok(Self {
            users: Arc::new(RwLock::new(users)),
            unknown_password: hash(&random_bytes::<32>()?)?,
        })
    }

    pub(crate) fn all(&self) -> Vec<User> {
        self.users.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn find(&self, name: &str) -> Option<User> {
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner);
        users.iter().find(|user| user.name == name).cloned()
    }

    /// The user of this name and password, or [`DemoError::LoginRefused`].
    pub(crate) async fn log_in(&self, name: &str, password: String) -> Result<User, DemoError> {
        let user = self.find(name);
        // Compared for an unknown name too, so that the time taken doesn't tell which names exist.
        let stored = user.as_ref().map_or(&self.unknown_password, |user| &user.password).clone();
        let matches =
            spawn_blocking(move || scrypt()?.verify_password(password.as_bytes(), &stored));
        match matches.await.map_err(BoxError::from)? {
            Ok(()) => user.ok_or(DemoError::LoginRefused),
            Err(scrypt::password_hash::Error::PasswordInvalid) => Err(DemoError::LoginRefused),
            Err(error) => Err(BoxError::from(error).into()),
        }
    }

    /// Sets a password, until the service restarts.
    pub(crate) async fn set_password(&self, name: &str, password: String) -> Result<(), BoxError> {
        let hash = spawn_blocking(move || hash(password.as_bytes())).await??;
        let mut users = self.users.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(user) = users.iter_mut().find(|user| user.name == name) {
            user.password = hash;
        }
        Ok(())
    }
}

fn hash(password: &[u8]) -> scrypt::password_hash::Result<PasswordHash> {
    scrypt()?.hash_password(password)
}

/// N = 2^14, r = 8, p = 1, as in the Python service.
fn scrypt() -> scrypt::password_hash::Result<Scrypt> {
    let params = Params::new(14, 8, 1).map_err(|_| scrypt::password_hash::Error::ParamsInvalid)?;
    Ok(Scrypt::new_with_params(params))
}
