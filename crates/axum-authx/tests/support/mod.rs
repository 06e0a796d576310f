//! A service under test, for the tests of logins.

use axum::Router;
use axum_authx::AuthX;
use axum_authx::testing::{self, Answer, FrozenClock, answer_to, bearer};

pub(crate) struct Service {
    pub(crate) app: Router,
    pub(crate) auth: AuthX,
    pub(crate) clock: FrozenClock,
}

impl Service {
    pub(crate) async fn post(&self, path: &str, token: &str) -> Answer {
        answer_to(&self.app, bearer(testing::post(path), token)).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        answer_to(&self.app, bearer(testing::get(path), token)).await
    }
}
