//! The engines of the targets, tokens that they accept, and checks for all their errors.

use std::sync::OnceLock;

use authx::{Config, Engine, Error, Location, Secret, Timestamp};
use aws_lc_rs::hmac;

/// The inputs of the corpus are signed with it, so that the code behind the signature check is reached.
pub(crate) const SECRET: &str = "a secret for fuzzers, and it is long enough";

pub(crate) const HEADER: &[u8] = br#"{"alg":"HS256","typ":"JWT"}"#;

/// 2027-01-15T08:00:00Z.
pub(crate) const NOW: i64 = 1_800_000_000;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_seconds(NOW).expect("an instant")
}

/// An engine that reads tokens from everywhere, and CSRF values from forms too.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| engine_with_cache_of(0))
}

/// The same engine with a verification cache, so small that entries are evicted.
pub(crate) fn caching_engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| engine_with_cache_of(16))
}

fn engine_with_cache_of(entries: usize) -> Engine {
    let config = Config::builder()
        .secret_key(Secret::from(SECRET))
        .token_location([Location::Headers, Location::Cookies, Location::Json, Location::Query])
        .csrf_check_form(true)
        .verification_cache_entries(entries);
    Engine::new(config.build().expect("a configuration"))
}

/// A token with exactly these bytes, and a right signature.
pub(crate) fn signed(header: &[u8], payload: &[u8]) -> String {
    let signing_input = format!("{}.{}", base64url(header), base64url(payload));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hmac::sign(&key, signing_input.as_bytes());
    format!("{signing_input}.{}", base64url(signature.as_ref()))
}

/// The token that an input describes. The first byte says what the others are: `0` a whole token, `1` a payload, `2` a
/// header, a line end, and a payload. The latter two are signed here, because no fuzzer guesses a signature.
pub(crate) fn token_of(data: &[u8]) -> Option<String> {
    let (form, rest) = data.split_first()?;
    Some(match form % 3 {
        0 => std::str::from_utf8(rest).ok()?.to_owned(),
        1 => signed(HEADER, rest),
        _ => {
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            signed(&rest[..end], &rest[end + 1..])
        }
    })
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

pub(crate) fn from_base64url(encoded: &str) -> Option<Vec<u8>> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(encoded).ok()
}

/// Checks that an error is answered with a 4xx status, and shows no part of the token.
pub(crate) fn check_refusal(error: &Error, token: &[u8]) {
    let answer = engine().answer(error);
    assert!((400..500).contains(&answer.status), "{error}: {}", answer.status);
    check_silence(&format!("{error} {error:?} {answer:?}"), token);
}

/// Checks that no part of a token or a key is shown: no run of 40 of the characters in which both are written. Shorter
/// runs prove nothing, because a fuzzer copies strings that it saw in comparisons, and so words of error messages.
pub(crate) fn check_silence(shown: &str, secret: &[u8]) {
    let is_written_in = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
    for run in secret.split(|byte| !is_written_in(byte)).filter(|run| run.len() >= 40) {
        let run = std::str::from_utf8(run).expect("ASCII");
        assert!(!shown.contains(run), "shows {run}: {shown}");
    }
}
