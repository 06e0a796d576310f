//! A file and the memory give the same answers to the same calls.
//!
//! The clock jumps forwards and backwards within an era, and eras follow each other. What ends does so between two
//! eras, because afterwards a store may forget it or not: the one in memory forgets at once, the one in a file after a
//! day. Counters are forgotten at once by both, so theirs may end at any time.

use std::time::Duration;

use authx::Timestamp;
use authx::login::LoginState;
use authx::rate_limit::RateLimit;
use authx::revocation::{Cut, Entry, EntryKey};
use authx_store::memory::MemoryStore;
use authx_store::{CounterStore as _, Login, LoginStore as _, RevocationStore as _};
use proptest::prelude::*;

use crate::support::{Folder, block_on, now, open, rounds};

const ERA: u64 = 1000;

/// In an era its clock shows less than this many seconds.
const CLOCK: u64 = 100;

#[derive(Clone, Debug)]
enum Call {
    Revoke(Vec<Added>),
    RevokeOnce(Added),
    Find(Vec<u8>),
    Insert(u8, u8, Option<u64>, Option<u64>),
    Get(u8),
    Advance(u8, u32, u32, Option<u64>),
    Touch(u8, u64),
    End(u8, u8),
    List(u8),
    Count(u8, u64),
    Reset(u8),
    NextEra,
}

/// An entry: its key, how long after the beginning of its era it ends or whether it has ended, its cut, its reason.
#[derive(Clone, Debug)]
struct Added(u8, End, Option<(u64, Option<u8>)>, u8);

#[derive(Clone, Debug)]
enum End {
    Never,
    Before,
    After(u64),
}

fn added() -> impl Strategy<Value = Added> {
    let end = prop_oneof![
        1 => Just(End::Never),
        1 => Just(End::Before),
        6 => (CLOCK..ERA - CLOCK).prop_map(End::After),
    ];
    let cut = prop::option::of((0..CLOCK, prop::option::of(0_u8..3)));
    (0_u8..5, end, cut, any::<u8>())
        .prop_map(|(key, end, cut, reason)| Added(key, end, cut, reason))
}

fn call() -> impl Strategy<Value = Call> {
    let end = || prop::option::of(CLOCK..ERA - CLOCK);
    prop_oneof![
        prop::collection::vec(added(), 0..4).prop_map(Call::Revoke),
        added().prop_map(Call::RevokeOnce),
        prop::collection::vec(0_u8..5, 0..4).prop_map(Call::Find),
        (0_u8..4, 0_u8..2, end(), end()).prop_map(|(sid, subject, expires, deadline)| {
            Call::Insert(sid, subject, expires, deadline)
        }),
        (0_u8..4).prop_map(Call::Get),
        (0_u8..4, 0_u32..3, 0_u32..4, end())
            .prop_map(|(sid, from, to, expires)| { Call::Advance(sid, from, to, expires) }),
        (0_u8..4, 0..CLOCK).prop_map(|(sid, at)| Call::Touch(sid, at)),
        (0_u8..4, any::<u8>()).prop_map(|(sid, reason)| Call::End(sid, reason)),
        (0_u8..2).prop_map(Call::List),
        (0_u8..3, 1..CLOCK).prop_map(|(key, window)| Call::Count(key, window)),
        (0_u8..3).prop_map(Call::Reset),
        Just(Call::NextEra),
    ]
}

fn after(beginning: Timestamp, seconds: u64) -> Timestamp {
    beginning + Duration::from_secs(seconds)
}

fn entry(added: &Added, era: Timestamp) -> Entry {
    let Added(key, end, cut, reason) = added;
    let until = match end {
        End::Never => None,
        End::Before => Some(era - Duration::from_secs(1)),
        End::After(seconds) => Some(after(era, *seconds)),
    };
    let cut = cut.map(|(before, except)| Cut {
        before: after(era, before),
        except: except.map(|sid| sid.to_string()),
    });
    Entry { key: key_of(*key), until, cut, reason: reason.to_string() }
}

fn key_of(key: u8) -> EntryKey {
    EntryKey::of_subject(&key.to_string())
}

fn state(
    generation: u32,
    at: Timestamp,
    expires: Option<u64>,
    deadline: Option<u64>,
    era: Timestamp,
) -> LoginState {
    LoginState {
        generation,
        created_at: at,
        rotated_at: at,
        expires_at: expires.map(|seconds| after(era, seconds)),
        deadline: deadline.map(|seconds| after(era, seconds)),
        ended_for: None,
    }
}

/// The answer of either store, in a form that can be compared.
macro_rules! answers {
    ($stores:ident, $store:ident => $call:expr) => {{
        let $store = &$stores.0;
        let in_memory = block_on($call).map_err(|error| error.to_string());
        let $store = &$stores.1;
        let in_file = block_on($call).map_err(|error| error.to_string());
        (format!("{in_memory:?}"), format!("{in_file:?}"))
    }};
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24 * rounds()))]

    #[test]
    fn a_file_answers_as_memory_does(calls in prop::collection::vec((call(), 0..CLOCK), 1..60)) {
        let folder = Folder::new();
        let stores = (MemoryStore::default(), open(&folder.file()));
        let mut era = now();
        for (call, clock) in calls {
            let now = after(era, clock);
            let (in_memory, in_file) = match &call {
                Call::Revoke(added) => {
                    let entries: Vec<_> = added.iter().map(|added| entry(added, era)).collect();
                    answers!(stores, store => store.revoke(&entries, now))
                }
                Call::RevokeOnce(added) => {
                    answers!(stores, store => store.revoke_once(&entry(added, era), now))
                }
                Call::Find(keys) => {
                    let keys: Vec<_> = keys.iter().copied().map(key_of).collect();
                    answers!(stores, store => store.find(&keys, now))
                }
                Call::Insert(sid, subject, expires, deadline) => {
                    let state = state(0, now, *expires, *deadline, era);
                    let login = Login::new(sid.to_string(), subject.to_string(), state);
                    answers!(stores, store => store.insert(&login, now))
                }
                Call::Get(sid) => answers!(stores, store => store.get(&sid.to_string(), now)),
                Call::Advance(sid, from, to, expires) => {
                    let to = state(*to, now, *expires, None, era);
                    answers!(stores, store => store.advance(&sid.to_string(), *from, &to, now))
                }
                Call::Touch(sid, at) => {
                    answers!(stores, store => store.touch(&sid.to_string(), after(era, *at)))
                }
                Call::End(sid, reason) => {
                    answers!(stores, store => store.end(&sid.to_string(), &reason.to_string()))
                }
                Call::List(subject) => {
                    answers!(stores, store => store.list(&subject.to_string(), now))
                }
                Call::Count(key, window) => {
                    let limit = RateLimit::new(4, Duration::from_secs(*window)).expect("a limit");
                    answers!(stores, store => store.count(&key.to_string(), limit, now))
                }
                Call::Reset(key) => answers!(stores, store => store.reset(&key.to_string())),
                Call::NextEra => {
                    era = after(era, ERA);
                    continue;
                }
            };
            prop_assert_eq!(in_memory, in_file, "{:?}", call);
        }
    }
}
