//! What the verification cache does, and what it must never do.

use std::collections::{BTreeMap, HashMap};
use std::thread;

use authx::config::SettingValue;
use authx::token::{CustomClaims, JsonClaims};
use authx::transport::CsrfProof;
use authx::verify::CacheStatistics;
use authx::{
    Algorithm, Claims, Config, ConfigError, Engine, Error, Key, KeyRing, Location, NewToken,
    RequestToken, RequiredScopes, Requirement, Secret, Timestamp, TokenKind,
};
use proptest::prelude::*;
use serde_json::{Value, json};

mod support;
use support::*;

const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Hs256, Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

fn caching(ring: impl IntoIterator<Item = Key>) -> Engine {
    let ring = KeyRing::new(ring).expect("a ring");
    let config = Config::builder().keys(ring).verification_cache_entries(1000_usize);
    Engine::new(config.build().expect("a valid configuration"))
}

fn caching_engine() -> Engine {
    engine_with(|config| config.verification_cache_entries(1000_usize))
}

fn statistics(engine: &Engine) -> CacheStatistics {
    engine.cache_statistics().expect("a cache")
}

/// How many tokens are cached, and how many lookups found none.
fn kept_and_missed(engine: &Engine) -> (usize, u64) {
    let statistics = statistics(engine);
    (statistics.entries, statistics.misses)
}

#[test]
fn there_is_no_cache_unless_it_is_configured() {
    let engine = engine();
    let token = issue(&engine, &NewToken::access("ada"));
    verify(&engine, &token).expect("claims");
    assert_eq!(engine.cache_statistics(), None);
}

#[test]
fn a_cached_token_gives_the_same_claims() {
    for algorithm in ALGORITHMS {
        let engine = caching([signing_key(algorithm)]);
        let token = NewToken::access("ada").scopes(["users:read"]).claims(json!({"plan": [1, 2]}));
        let token = issue(&engine, &token);
        let first = verify(&engine, &token).expect("claims");
        for _ in 0..3 {
            assert_eq!(verify(&engine, &token).as_ref(), Ok(&first), "{algorithm}");
            assert_eq!(kept_and_missed(&engine), (1, 1), "{algorithm}");
        }
        assert_eq!(
            engine_of(algorithm)
                .verify(&access(&token), &Requirement::access(), now())
                .map(authx::Verified::without_asking),
            Ok(first)
        );
    }
}

#[test]
fn clones_of_an_engine_share_the_cache() {
    let engine = caching_engine();
    let token = issue(&engine, &NewToken::access("ada"));
    verify(&engine.clone(), &token).expect("claims");
    verify(&engine, &token).expect("claims");
    assert_eq!(kept_and_missed(&engine), (1, 1));
}

#[test]
fn no_token_is_accepted_after_its_expiry() {
    for leeway in [0, 30] {
        let engine = engine_with(|config| {
            config.verification_cache_entries(1000_usize).decode_leeway(seconds(leeway))
        });
        let leeway = i64::try_from(leeway).expect("a few seconds");
        let token = issue(&engine, &NewToken::access("ada").expires_in(seconds(60)));
        for second in [0, 59, 59 + leeway] {
            verify_at(&engine, &token, at(second)).expect("claims");
        }
        assert_eq!(kept_and_missed(&engine), (1, 1));
        for second in [60, 61, 3600] {
            assert_eq!(verify_at(&engine, &token, at(second + leeway)), Err(Error::Expired));
        }
        assert_eq!(statistics(&engine).entries, 0, "an expired token is removed at once");
    }
}

#[test]
fn no_token_is_accepted_before_its_time_when_the_clock_was_set_back() {
    let engine = caching_engine();
    let token = issue(&engine, &NewToken::access("ada").not_before(at(0)).issued_at(at(-60)));
    verify(&engine, &token).expect("claims");
    assert_eq!(verify_at(&engine, &token, at(-1)), Err(Error::NotYetValid));
    let token = issue(&engine, &NewToken::access("ada").not_before(at(-90)).issued_at(at(0)));
    verify(&engine, &token).expect("claims");
    assert_eq!(verify_at(&engine, &token, at(-1)), Err(Error::IssuedInTheFuture));
}

#[test]
fn no_token_is_accepted_without_its_key_in_the_ring() {
    let engine = caching([secret_key(SECRET), secret_key(OTHER_SECRET)]);
    let token = issue(&engine_of_ring([secret_key(OTHER_SECRET)]), &NewToken::access("ada"));
    verify(&engine, &token).expect("claims");
    verify(&engine, &token).expect("claims");
    assert_eq!(kept_and_missed(&engine), (1, 1));
    let changed = caching([secret_key(SECRET)]);
    assert_eq!(verify(&changed, &token), Err(Error::InvalidSignature));
}

#[test]
fn no_token_is_accepted_after_its_key_is_retired() {
    let retiring = secret_key(OTHER_SECRET).retired_at(at(30));
    let engine = caching([secret_key(SECRET), retiring]);
    let token = issue(&engine_of_ring([secret_key(OTHER_SECRET)]), &NewToken::access("ada"));
    verify_at(&engine, &token, at(0)).expect("claims");
    verify_at(&engine, &token, at(29)).expect("claims");
    assert_eq!(kept_and_missed(&engine), (1, 1));
    for second in [30, 31, 60] {
        assert_eq!(verify_at(&engine, &token, at(second)), Err(Error::InvalidSignature));
    }
    assert_eq!(statistics(&engine).entries, 0);
}

#[test]
fn only_a_token_that_passed_every_check_is_cached() {
    let engine = engine_with(|config| {
        config.verification_cache_entries(1000_usize).decode_issuer("accounts.example".to_owned())
    });
    let ours = || NewToken::access("ada").issuer("accounts.example");
    let good = issue(&engine, &ours());
    let from_other_key = {
        let other = engine_of_ring([secret_key(OTHER_SECRET)]);
        issue(&other, &ours())
    };
    let refused = [
        ("not a token", "abc".to_owned(), Requirement::access()),
        ("another key", from_other_key, Requirement::access()),
        ("cut short", good[..good.len() - 1].to_owned(), Requirement::access()),
        ("expired", issue(&engine, &ours().expires_at(at(-1))), Requirement::access()),
        (
            "another issuer",
            issue(&engine, &NewToken::access("ada").issuer("x")),
            Requirement::access(),
        ),
        (
            "another type",
            issue(&engine, &NewToken::refresh("ada").issuer("accounts.example")),
            Requirement::access(),
        ),
        ("not fresh", good.clone(), Requirement::fresh()),
        ("without the scope", good, Requirement::access().scopes(RequiredScopes::all(["admin"]))),
    ];
    for (what, token, requirement) in refused {
        for _ in 0..2 {
            engine.verify::<()>(&access(&token), &requirement, now()).expect_err(what);
        }
        assert_eq!(statistics(&engine).entries, 0, "{what}");
    }
}

#[test]
fn every_other_check_of_a_cached_token_is_made_each_time() {
    let engine = caching_engine();
    let token =
        issue(&engine, &NewToken::access("ada").scopes(["users:read"]).csrf("the right one"));
    let scopes = |scope| Requirement::access().scopes(RequiredScopes::all([scope]));
    let csrf = |value: Option<&[u8]>| {
        let presented = value.map(|value| value.to_vec().into());
        RequestToken::new(&token, TokenKind::Access, Location::Cookies)
            .with_csrf(CsrfProof { presented, required: true })
    };
    verify(&engine, &token).expect("claims");
    for _ in 0..2 {
        let ask = |token: &RequestToken<'_>, requirement: &Requirement| {
            engine
                .verify::<()>(token, requirement, now())
                .map(|verified| verified.without_asking().sub)
        };
        let plain = access(&token);
        assert_eq!(ask(&plain, &scopes("users:read")), Ok("ada".to_owned()));
        assert!(matches!(
            ask(&plain, &scopes("users:write")),
            Err(Error::InsufficientScope { .. })
        ));
        assert_eq!(ask(&plain, &Requirement::fresh()), Err(Error::FreshTokenRequired));
        let another_type = ask(&plain, &Requirement::refresh());
        assert!(matches!(another_type, Err(Error::WrongTokenType { .. })), "{another_type:?}");
        assert_eq!(
            ask(&csrf(Some(b"the right one")), &Requirement::access()),
            Ok("ada".to_owned())
        );
        assert_eq!(
            ask(&csrf(Some(b"another one")), &Requirement::access()),
            Err(Error::CsrfMismatch)
        );
        assert_eq!(ask(&csrf(None), &Requirement::access()), Err(Error::MissingCsrfToken));
    }
    assert_eq!(statistics(&engine).misses, 2, "one for each type of custom claims");
}

#[test]
fn each_type_of_custom_claims_has_its_own_entry() {
    #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
    struct Account {
        plan: u32,
    }
    #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
    struct Tenant {
        #[serde(rename = "plan")]
        _plan: String,
    }

    let engine = caching_engine();
    let token = issue(&engine, &NewToken::access("ada").claims(json!({"plan": 3})));
    let requirement = Requirement::access();
    for _ in 0..2 {
        let account = engine
            .verify::<Account>(&access(&token), &requirement, now())
            .map(authx::Verified::without_asking);
        assert_eq!(account.expect("claims").custom, Account { plan: 3 });
        engine
            .verify::<()>(&access(&token), &requirement, now())
            .map(authx::Verified::without_asking)
            .expect("claims");
        // An entry for another type does not make claims acceptable that don't fit this type.
        engine.verify::<Tenant>(&access(&token), &requirement, now()).expect_err("not a string");
    }
    assert_eq!(kept_and_missed(&engine), (2, 4), "claims that did not fit are not cached");
}

#[test]
fn the_twin_of_an_ecdsa_token_has_its_own_entry() {
    let engine = caching([signing_key(Algorithm::Es256)]);
    let token = issue(&engine, &NewToken::access("ada"));
    verify(&engine, &token).expect("claims");
    let spellings = engine.spellings(&token);
    verify(&engine, &spellings[1]).expect("claims");
    assert_eq!(kept_and_missed(&engine), (2, 2));
}

proptest! {
    #[test]
    fn no_other_string_finds_the_entry_of_a_token(
        place: prop::sample::Index,
        byte in 0_u8..0x80,
        keep in any::<prop::sample::Index>(),
    ) {
        let engine = caching_engine();
        let token = issue(&engine, &NewToken::access("ada").scopes(["users:read"]));
        verify(&engine, &token).expect("claims");

        let mut other = token.clone().into_bytes();
        let place = place.index(other.len());
        other[place] = byte;
        let other = String::from_utf8(other).expect("ASCII");
        let cut = &token[..keep.index(token.len())];
        for string in [other.as_str(), cut] {
            if string == token {
                continue;
            }
            engine.verify::<()>(&access(string), &Requirement::access(), now()).expect_err("another token");
        }
        prop_assert_eq!(statistics(&engine).entries, 1);
    }
}

#[test]
fn neither_limit_is_ever_exceeded() {
    for (entries, bytes) in
        [(1_usize, 65_536_usize), (10, 1 << 20), (1000, 100_000), (100, 64 << 20), (5000, 1 << 20)]
    {
        let engine = engine_with(|config| {
            config.verification_cache_entries(entries).verification_cache_bytes(bytes)
        });
        for number in 0..2000 {
            let scopes = vec!["a:scope"; number % 40];
            let token = issue(&engine, &NewToken::access(format!("user {number}")).scopes(scopes));
            verify(&engine, &token).expect("claims");
            let CacheStatistics { entries: kept, bytes: taken, .. } = statistics(&engine);
            assert!(kept <= entries, "{kept} of {entries}");
            assert!(taken <= bytes as u64, "{taken} of {bytes}");
        }
        assert!(statistics(&engine).entries > 0, "{entries} entries, {bytes} bytes");
    }
}

#[test]
fn the_reported_bytes_are_at_least_the_allocated_ones() {
    fn assert_enough<C: CustomClaims>(claims: &Value) {
        let engine = engine_with(|config| config.verification_cache_entries(100_000_usize));
        let tokens: Vec<String> = (0..512)
            .map(|number| {
                issue(&engine, &NewToken::access(format!("user {number}")).claims(claims))
            })
            .collect();
        let taken = allocation_counter::measure(|| {
            for token in &tokens {
                engine
                    .verify::<C>(&access(token), &Requirement::access(), now())
                    .map(authx::Verified::without_asking)
                    .expect("claims");
            }
        });
        let statistics = statistics(&engine);
        assert_eq!(statistics.entries, tokens.len());
        let taken = u64::try_from(taken.bytes_current).expect("more than before");
        assert!(taken <= statistics.bytes, "{taken} of {}: {claims}", statistics.bytes);
        // If the estimate were far too high, too few tokens would be cached.
        assert!(statistics.bytes <= 8 * taken, "{taken} of {}: {claims}", statistics.bytes);
    }

    let plain = json!({"tenant": "north", "plan": 3, "beta": true});
    assert_enough::<()>(&Value::Null);
    assert_enough::<()>(&plain);
    assert_enough::<JsonClaims>(&plain);
    assert_enough::<Value>(&plain);
    assert_enough::<BTreeMap<String, Value>>(&plain);
    assert_enough::<HashMap<String, Value>>(&plain);
    let many: Value = (0..150)
        .map(|number| (format!("{number}"), json!(0)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    assert_enough::<JsonClaims>(&many);
    assert_enough::<Value>(&many);
    assert_enough::<HashMap<String, Value>>(&many);
    assert_enough::<Value>(
        &json!({"a": [[[[[[]]]]], {"a": {"b": {"c": {}}}}, [{}, {}, {"d": 1}]]}),
    );
    assert_enough::<Value>(&json!({"strings": vec!["a"; 200], "long": "x".repeat(2000)}));
}

#[test]
fn debug_output_shows_no_token() {
    let engine = caching_engine();
    let token = issue(&engine, &NewToken::access("ada lovelace"));
    verify(&engine, &token).expect("claims");
    let shown = format!("{engine:?} {:?}", engine.cache_statistics());
    assert!(shown.contains("CacheStatistics { entries: 1"), "{shown}");
    for secret in [token.as_str(), token.split('.').nth(1).expect("a payload"), "lovelace"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn threads_share_the_cache_and_each_gets_the_claims_of_its_token() {
    let engine = caching_engine();
    let tokens: Vec<String> =
        (0..32).map(|number| issue(&engine, &NewToken::access(format!("user {number}")))).collect();
    thread::scope(|scope| {
        for offset in 0..4 {
            let (engine, tokens) = (&engine, &tokens);
            scope.spawn(move || {
                for turn in 0..2000 {
                    let number = (turn * 7 + offset) % tokens.len();
                    let claims: Claims<()> = engine
                        .verify(&access(&tokens[number]), &Requirement::access(), now())
                        .map(authx::Verified::without_asking)
                        .expect("claims");
                    assert_eq!(claims.sub, format!("user {number}"));
                }
            });
        }
    });
    let CacheStatistics { entries, misses, .. } = statistics(&engine);
    assert_eq!(entries, 32);
    assert!((32..=4 * 32).contains(&misses), "{misses}");
}

#[test]
fn invalid_limits_are_errors_that_name_the_setting() {
    let too_few = Config::builder()
        .secret_key(Secret::from(SECRET))
        .verification_cache_entries(100_usize)
        .verification_cache_bytes(65_535_usize);
    let error = too_few.build().expect_err("too few bytes");
    assert!(error.to_string().contains("JWT_VERIFICATION_CACHE_BYTES"), "{error}");

    // Without a cache the number is not checked.
    engine_with(|config| config.verification_cache_bytes(0_usize));

    for setting in ["JWT_VERIFICATION_CACHE_ENTRIES", "JWT_VERIFICATION_CACHE_BYTES"] {
        let error = Config::builder()
            .set(setting, &SettingValue::string("many"))
            .expect_err("not a number");
        assert!(matches!(error, ConfigError::Value { setting: named, .. } if named == setting));
    }
}

#[test]
fn a_token_that_never_expires_is_cached_like_any_other() {
    let engine = engine_with(|config| {
        config
            .verification_cache_entries(10_usize)
            .access_token_expires(authx::config::TokenLifetime::Never)
    });
    let token = issue(&engine, &NewToken::access("ada"));
    verify(&engine, &token).expect("claims");
    verify_at(&engine, &token, Timestamp::MAX).expect("claims");
    assert_eq!(kept_and_missed(&engine), (1, 1));
}
