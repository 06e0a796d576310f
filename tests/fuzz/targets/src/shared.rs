//! The engine that the targets ask, tokens that it takes, and what holds of all its errors.

use std::sync::OnceLock;

use authx::{Config, Engine, Error, Location, Secret, Timestamp};
use aws_lc_rs::hmac;

/// Known to whoever writes a corpus, so that what comes behind the signature is reached.
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

/// The same with a verification cache, so small that tokens come and go.
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

/// A token of these very bytes, with a right signature.
pub(crate) fn signed(header: &[u8], payload: &[u8]) -> String {
    let text = format!("{}.{}", base64url(header), base64url(payload));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hmac::sign(&key, text.as_bytes());
    format!("{text}.{}", base64url(signature.as_ref()))
}

/// The token that some bytes stand for. The first one says what the others are: `0` a token's text, `1` a payload,
/// `2` a header, a line end, and a payload. The latter two are signed, for no fuzzer guesses a signature.
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

pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).ok()
}

/// An error is the client's fault, and shows nothing of the token.
pub(crate) fn check_refusal(error: &Error, token: &[u8]) {
    let answer = engine().answer(error);
    assert!((400..500).contains(&answer.status), "{error}: {}", answer.status);
    check_silence(&format!("{error} {error:?} {answer:?}"), token);
}

/// No part of what may be a token or a key is shown: no long run of what both are written in. A fuzzer hands in what it
/// saw being compared, which may be the words of an error, so shorter runs say nothing.
pub(crate) fn check_silence(shown: &str, secret: &[u8]) {
    let is_written_in = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
    for run in secret.split(|byte| !is_written_in(byte)).filter(|run| run.len() >= 40) {
        let run = std::str::from_utf8(run).expect("ASCII");
        assert!(!shown.contains(run), "shows {run}: {shown}");
    }
}
