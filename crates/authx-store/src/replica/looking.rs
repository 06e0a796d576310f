//! The thread that looks at a store again and again, and how old its last look is.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use authx::Timestamp;
use futures_executor::block_on;

use super::Contents;
use crate::instant::instant;
use crate::locks::lock;
use crate::{Cursor, StoreError};

/// How old the last complete look is.
#[derive(Default)]
pub(super) struct Freshness {
    /// When it began, in microseconds since `epoch`; 0 before the first one.
    proved: AtomicU64,
    epoch: OnceLock<Instant>,
    /// The least age that a question allowed, in microseconds; 0 before the first one.
    allowed: AtomicU64,
    /// Why the last look failed.
    fault: Mutex<Option<String>>,
    /// Whether the store can't be looked at.
    is_blind: AtomicBool,
    warned: Mutex<Option<Instant>>,
}

impl Freshness {
    /// Remembers which age a question allows, for the pause between two looks.
    pub(super) fn allow(&self, age: Duration) {
        let age = micros(age).max(1);
        let known = self.allowed.load(Ordering::Relaxed);
        if known != age {
            self.allowed.store(age, Ordering::Relaxed);
        }
    }

    /// How old the copy is; `None` if there is none yet.
    pub(super) fn age(&self) -> Option<Duration> {
        let proved = self.proved.load(Ordering::Acquire);
        let epoch = self.epoch.get().filter(|_| proved > 0)?;
        Some(instant().saturating_duration_since(*epoch + Duration::from_micros(proved)))
    }

    pub(super) fn fault(&self) -> Option<StoreError> {
        if self.is_blind.load(Ordering::Relaxed) {
            return None;
        }
        let age = match self.age() {
            Some(age) => format!("the copy of the revocations is {} ms old", age.as_millis()),
            None => "there is no copy of the revocations yet".to_owned(),
        };
        Some(match &*lock(&self.fault) {
            Some(fault) => format!("{age}; the last look at the store failed: {fault}").into(),
            None => age.into(),
        })
    }

    pub(super) fn is_to_warn(&self) -> bool {
        let mut warned = lock(&self.warned);
        let is_due = warned.is_none_or(|warned| warned.elapsed() >= Duration::from_secs(1));
        if is_due {
            *warned = Some(instant());
        }
        is_due
    }

    fn prove(&self, began: Instant) {
        let epoch = *self.epoch.get_or_init(|| began - Duration::from_micros(1));
        *lock(&self.fault) = None;
        self.proved.store(micros(began.saturating_duration_since(epoch)).max(1), Ordering::Release);
    }

    /// Four looks in the time that is allowed, and two in a second at least.
    fn pause(&self) -> Duration {
        let allowed = Duration::from_micros(self.allowed.load(Ordering::Relaxed));
        (allowed / 4).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What has ended is forgotten so often.
const FORGETTING: Duration = Duration::from_secs(60);

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Starts the thread; `None` if the system gives none, so that it is tried again.
pub(super) fn start(contents: &Arc<Contents>) -> Option<Sender<()>> {
    let (stop, stopped) = channel();
    let contents = Arc::clone(contents);
    let thread = thread::Builder::new().name("authx-replica".to_owned());
    thread.spawn(move || look_again_and_again(&contents, &stopped)).ok().map(|_| stop)
}

fn look_again_and_again(contents: &Contents, stopped: &Receiver<()>) {
    let mut cursor = Cursor::default();
    let mut forgot = instant();
    loop {
        let pause = match look(contents, &mut cursor) {
            Ok(Some(is_complete)) if is_complete => contents.freshness.pause(),
            Ok(Some(_)) => Duration::ZERO,
            Ok(None) => {
                contents.freshness.is_blind.store(true, Ordering::Relaxed);
                return;
            }
            Err(error) => {
                *lock(&contents.freshness.fault) = Some(error.to_string());
                contents.freshness.pause()
            }
        };
        if forgot.elapsed() >= FORGETTING {
            contents.forget_ended();
            forgot = instant();
        }
        match stopped.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => return,
        }
    }
}

/// One look; returns whether it was complete, and `None` if the store can't be looked at.
fn look(contents: &Contents, cursor: &mut Cursor) -> Result<Option<bool>, StoreError> {
    // Before the question: what is revoked while it is answered need not be in the answer.
    let began = instant();
    let Some(look) = block_on(contents.store.look(cursor))? else { return Ok(None) };
    contents.add(&look.entries);
    if look.has_begun_anew {
        give_back(contents)?;
    }
    *cursor = look.cursor;
    if look.is_complete {
        contents.freshness.prove(began);
    }
    Ok(Some(look.is_complete))
}

/// Tells a store that lost entries what this process knows of them. Entries only grow, so it does no harm where nothing is
/// lost.
fn give_back(contents: &Contents) -> Result<(), StoreError> {
    let now = Timestamp::from_micros(contents.latest.load(Ordering::Relaxed));
    let own = contents.own();
    block_on(contents.store.revoke(&own, now.unwrap_or(Timestamp::MIN)))
}
