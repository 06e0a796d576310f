//! The life of a login under random interleavings of clients, retries, crashes, failures of the store and a clock that
//! jumps.
//!
//! Each call to the store yields first, so that a schedule decides in which order the calls of concurrent requests
//! happen. A call may fail before it has its effect or after it, and a request may be dropped in the middle, as when a
//! process is killed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use authx::login::{LoginState, NewLogin, Rotatable};
use authx::rate_limit::{RateLimit, Usage};
use authx::revocation::{Entry, EntryKey};
use authx::{
    Claims, Config, Engine, Error, Location, RequestToken, Requirement, SystemRandom, Timestamp,
    TokenKind,
};
use authx_store::memory::MemoryStore;
use authx_store::{
    BoxFuture, ClientInfo, CounterStore, Flow, FlowError, Login, LoginStore, RevocationStore,
    StoreError,
};
use proptest::prelude::*;

const GRACE: Duration = Duration::from_secs(30);

/// What the next call of the store does.
const WORKS: u8 = 0;
const FAILS_BEFORE: u8 = 1;
const FAILS_AFTER: u8 = 2;

/// A store whose calls yield once, and may fail.
#[derive(Default)]
struct Unreliable {
    store: MemoryStore,
    fault: AtomicU8,
}

impl Unreliable {
    fn call<'a, T: Send + 'a>(
        &'a self,
        call: impl FnOnce(&'a MemoryStore) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        Box::pin(async move {
            Yield(false).await;
            match self.fault.swap(WORKS, Ordering::Relaxed) {
                FAILS_BEFORE => Err("the server is away".into()),
                FAILS_AFTER => {
                    call(&self.store).await?;
                    Err("the answer was lost".into())
                }
                _ => call(&self.store).await,
            }
        })
    }
}

struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl RevocationStore for Unreliable {
    fn revoke<'a>(
        &'a self,
        entries: &'a [Entry],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(move |store| store.revoke(entries, now))
    }

    fn revoke_once<'a>(
        &'a self,
        entry: &'a Entry,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.call(move |store| store.revoke_once(entry, now))
    }

    fn find<'a>(
        &'a self,
        keys: &'a [EntryKey],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Entry>, StoreError>> {
        self.call(move |store| store.find(keys, now))
    }
}

impl LoginStore for Unreliable {
    fn insert<'a>(
        &'a self,
        login: &'a Login,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.call(move |store| store.insert(login, now))
    }

    fn get<'a>(
        &'a self,
        sid: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Login>, StoreError>> {
        self.call(move |store| store.get(sid, now))
    }

    fn advance<'a>(
        &'a self,
        sid: &'a str,
        from: u32,
        to: &'a LoginState,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.call(move |store| store.advance(sid, from, to, now))
    }

    fn touch<'a>(
        &'a self,
        sid: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(move |store| store.touch(sid, last_active))
    }

    fn end<'a>(&'a self, sid: &'a str, reason: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(move |store| store.end(sid, reason))
    }

    fn list<'a>(
        &'a self,
        subject: &'a str,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<Login>, StoreError>> {
        self.call(move |store| store.list(subject, now))
    }
}

impl CounterStore for Unreliable {
    fn count<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Usage, StoreError>> {
        self.call(move |store| store.count(key, limit, now))
    }

    fn give_back<'a>(
        &'a self,
        key: &'a str,
        limit: RateLimit,
        counted_at: Timestamp,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(move |store| store.give_back(key, limit, counted_at))
    }

    fn reset<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(move |store| store.reset(key))
    }
}

/// One login, all refresh tokens of it that any client got, and the requests under way.
struct World<'w> {
    engine: &'w Engine,
    store: &'w Unreliable,
    sid: String,
    now: Timestamp,
    /// By generation. A generation without a token was used up by a request whose answer was lost.
    tokens: &'w RefCell<HashMap<u32, String>>,
    running: Vec<Running<'w>>,
    /// Whether a request to end the login was answered.
    is_ended: bool,
}

/// A request under way.
struct Running<'w> {
    what: What,
    began: Timestamp,
    /// The login's state and whether it had ended when the request began.
    state: LoginState,
    was_ended: bool,
    future: Pin<Box<dyn Future<Output = Result<Option<String>, FlowError>> + 'w>>,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Rotate(u32),
    End,
}

impl<'w> World<'w> {
    fn begin(
        engine: &'w Engine,
        store: &'w Unreliable,
        tokens: &'w RefCell<HashMap<u32, String>>,
    ) -> Self {
        let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
        let flow = Flow::new(engine, store, &SystemRandom, now);
        let login = NewLogin::of("ada");
        let mut begun = pin!(flow.log_in(&login, ClientInfo::default()));
        let issued = loop {
            if let Poll::Ready(issued) = poll(begun.as_mut()) {
                break issued.expect("a login");
            }
        };
        tokens.borrow_mut().insert(0, issued.refresh_token);
        let sid = issued.session.session_id;
        Self { engine, store, sid, now, tokens, running: Vec::new(), is_ended: false }
    }

    fn flow(&self) -> Flow<'w> {
        Flow::new(self.engine, self.store, &SystemRandom, self.now)
    }

    fn state(&self) -> LoginState {
        let mut found = pin!(self.store.store.get(&self.sid, self.now));
        match poll(found.as_mut()) {
            Poll::Ready(login) => login.expect("memory").expect("the login").state,
            Poll::Pending => unreachable!("memory answers at once"),
        }
    }

    fn start(&mut self, what: What) {
        let (flow, state) = (self.flow(), self.state());
        let sid = self.sid.clone();
        let claims = match what {
            What::End => None,
            What::Rotate(generation) => {
                let token = self.tokens.borrow().get(&generation).cloned();
                Some(claims(self.engine, &token.expect("a known token"), self.now))
            }
        };
        let future = Box::pin(async move {
            match claims {
                Some(claims) => Ok(Some(flow.rotate(&claims).await?.refresh_token)),
                None => flow.end_login(&sid, "logout").await.map(|()| None),
            }
        });
        let (began, was_ended) = (self.now, self.is_ended);
        self.running.push(Running { what, began, state, was_ended, future });
    }

    /// Lets one of the requests go on; checks what must hold of its answer.
    fn poll(&mut self, index: usize) -> Option<(What, Result<Option<String>, FlowError>)> {
        let running = self.running.get_mut(index)?;
        let Poll::Ready(answer) = poll(running.future.as_mut()) else { return None };
        let Running { what, began, state, was_ended, .. } = self.running.swap_remove(index);
        match (what, &answer) {
            (What::End, Ok(_)) => self.is_ended = true,
            (What::Rotate(generation), Ok(Some(successor))) => {
                assert!(!was_ended, "an ended login yields no token");
                let presented = claims(self.engine, successor, began).custom.presented().clone();
                assert_eq!(presented.generation, Some(generation + 1), "the next generation");
                let is_older = generation + 1 < state.generation;
                let is_late = generation + 1 == state.generation
                    && began.saturating_since(state.rotated_at) > GRACE;
                assert!(!is_older && !is_late, "a token that was used before is refused");
                let mut tokens = self.tokens.borrow_mut();
                let known = tokens.entry(generation + 1).or_insert_with(|| successor.clone());
                assert_eq!(known, successor, "a generation has one token");
            }
            _ => {}
        }
        Some((what, answer))
    }
}

fn poll<T>(future: Pin<&mut (impl Future<Output = T> + ?Sized)>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn claims(engine: &Engine, token: &str, now: Timestamp) -> Claims<Rotatable> {
    let token = RequestToken::new(token, TokenKind::Refresh, Location::Headers);
    let verified = engine.verify_rotatable(&token, &Requirement::refresh(), now);
    verified.expect("a token of this engine").without_asking()
}

fn engine() -> Engine {
    let secret = "a secret of at least thirty-two bytes";
    let config = Config::builder().secret_key(secret).refresh_grace(GRACE);
    // The clock goes back in these tests, and a token of the future is refused for that alone.
    Engine::new(config.decode_leeway(Duration::from_secs(3600)).build().expect("settings"))
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A client, honest or not, uses one of the tokens that were ever issued.
    Rotate(u32),
    End,
    Poll(usize),
    /// A process is killed.
    Drop(usize),
    FailNext(u8),
    Wait(u64),
    GoBack(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_u32..6).prop_map(Step::Rotate),
        1 => Just(Step::End),
        20 => (0_usize..6).prop_map(Step::Poll),
        1 => (0_usize..6).prop_map(Step::Drop),
        2 => (FAILS_BEFORE..=FAILS_AFTER).prop_map(Step::FailNext),
        2 => (0_u64..45_000).prop_map(Step::Wait),
        1 => (0_u64..20_000).prop_map(Step::GoBack),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever happens, a generation has one token, a token that was used before is refused outside the grace period,
    /// and an ended login yields nothing.
    #[test]
    fn a_token_is_used_up_once(steps in prop::collection::vec(step(), 1..120)) {
        let (engine, store, tokens) = (engine(), Unreliable::default(), RefCell::default());
        let mut world = World::begin(&engine, &store, &tokens);
        for step in steps {
            match step {
                Step::Rotate(age) => {
                    // The newest token, or one of those before.
                    let newest = tokens.borrow().keys().copied().max().unwrap_or_default();
                    let generation = newest.saturating_sub(age / 2);
                    if tokens.borrow().contains_key(&generation) {
                        world.start(What::Rotate(generation));
                    }
                }
                Step::End => world.start(What::End),
                Step::Poll(index) => {
                    let answered = world.poll(index);
                    if let Some((What::Rotate(_), Err(FlowError::Refused(error)))) = answered {
                        let expected = [Error::RefreshReused, Error::LoginEnded];
                        prop_assert!(expected.contains(&error), "{error}");
                    }
                }
                Step::Drop(index) if index < world.running.len() => {
                    world.running.swap_remove(index);
                }
                Step::Drop(_) => {}
                Step::FailNext(fault) => store.fault.store(fault, Ordering::Relaxed),
                Step::Wait(millis) => world.now = world.now + Duration::from_millis(millis),
                Step::GoBack(millis) => world.now = world.now - Duration::from_millis(millis),
            }
        }
    }

    /// A client that refreshes in several tabs at once, and tries again within the grace period after a failure, is never
    /// taken for a thief, and always gets on.
    #[test]
    fn an_honest_client_is_never_refused(
        rounds in prop::collection::vec(
            (1_usize..5, prop::collection::vec((0_usize..5, 0_u8..6), 0..40)),
            1..12,
        ),
    ) {
        let (engine, store, tokens) = (engine(), Unreliable::default(), RefCell::default());
        let mut world = World::begin(&engine, &store, &tokens);
        let mut generation = 0;
        for (tabs, schedule) in rounds {
            for _ in 0..tabs {
                world.start(What::Rotate(generation));
            }
            for (index, fault) in schedule {
                // Half of the calls work.
                store.fault.store(fault.saturating_sub(3).min(FAILS_AFTER), Ordering::Relaxed);
                if fault == 0 && index < world.running.len() {
                    world.running.swap_remove(index);
                } else if let Some((_, Err(error))) = world.poll(index) {
                    prop_assert!(matches!(error, FlowError::Store(_)), "{error}");
                }
                world.now = world.now + Duration::from_millis(500);
            }
            // Those whose answer was lost try again, until one of them succeeds.
            world.start(What::Rotate(generation));
            store.fault.store(WORKS, Ordering::Relaxed);
            while !world.running.is_empty() {
                if let Some((_, Err(error))) = world.poll(0) {
                    prop_assert!(matches!(error, FlowError::Store(_)), "{error}");
                }
            }
            generation += 1;
            prop_assert!(tokens.borrow().contains_key(&generation));
            world.now = world.now + Duration::from_secs(900);
        }
    }
}

#[test]
fn a_store_that_lost_a_rotation_goes_on_from_the_token() {
    let (engine, store, tokens) = (engine(), Unreliable::default(), RefCell::default());
    let mut world = World::begin(&engine, &store, &tokens);
    let before = world.state();
    for generation in 0..2 {
        world.start(What::Rotate(generation));
        while world.poll(0).is_none() {}
    }
    // A server that was written to failed, and another one takes over, which lacks what was written last.
    let other = Unreliable::default();
    let login = Login::new(world.sid.clone(), "ada".to_owned(), before);
    let added = poll(pin!(other.store.insert(&login, world.now)).as_mut());
    assert!(matches!(added, Poll::Ready(Ok(true))));
    let mut world = World { store: &other, running: Vec::new(), ..world };
    world.start(What::Rotate(2));
    let answer = loop {
        if let Some((_, answer)) = world.poll(0) {
            break answer;
        }
    };
    assert!(matches!(answer, Ok(Some(_))), "{:?}", answer.err());
    assert_eq!(world.state().generation, 3);
}
