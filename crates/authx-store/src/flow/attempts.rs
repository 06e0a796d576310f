//! Attempts to log in, of which not too many may fail.

use authx::Timestamp;
use authx::event::Event;
use authx::login::{Attempt, AttemptLimit};
use authx::rate_limit::ClientAddress;

use super::{Flow, FlowError};

/// An attempt to log in, which counts as failed until [`Flow::attempt_succeeded`].
#[derive(Clone, Debug)]
#[must_use]
pub struct LoginAttempt {
    counted: Vec<AttemptLimit>,
    counted_at: Timestamp,
}

impl Flow<'_> {
    /// Counts an attempt to log in as this user, before the password is tried, or to have a mail sent
    /// (`JWT_MAX_FAILED_LOGINS`). The address of the client is that of [`Flow::of_client`].
    ///
    /// # Errors
    ///
    /// [`FlowError::Refused`] with [`RateLimitExceeded`](authx::Error::RateLimitExceeded): too many have failed; the
    /// password must not be tried. [`FlowError::Store`].
    pub async fn begin_attempt(
        &self,
        what: Attempt,
        username: &str,
    ) -> Result<LoginAttempt, FlowError> {
        let client = self.client_address.and_then(ClientAddress::of_host);
        let limits = self.engine.config().attempt_limits(what, username, client.as_ref());
        let mut attempt = LoginAttempt { counted: Vec::new(), counted_at: self.now };
        for AttemptLimit { key, limit } in limits {
            let usage = self.store.count(&key, limit, self.now).await?;
            if let Err(error) = usage.check() {
                // It was no attempt.
                self.attempt_succeeded(&attempt).await?;
                if let Some(event) = Event::refused(&error, self.now) {
                    let mut event = event.subject(username);
                    event.client_address = self.client_address.map(str::to_owned);
                    self.notice(event);
                }
                return Err(error.into());
            }
            attempt.counted.push(AttemptLimit { key, limit });
        }
        Ok(attempt)
    }

    /// Gives back an attempt whose password was right.
    ///
    /// # Errors
    ///
    /// [`FlowError::Store`]; the attempt counts as failed then.
    pub async fn attempt_succeeded(&self, attempt: &LoginAttempt) -> Result<(), FlowError> {
        for AttemptLimit { key, limit } in &attempt.counted {
            self.store.give_back(key, *limit, attempt.counted_at).await?;
        }
        Ok(())
    }
}
