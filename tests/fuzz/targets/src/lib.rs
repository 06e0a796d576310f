//! The fuzz targets: each takes any bytes, and panics if a property doesn't hold.
//!
//! `libfuzzer` runs them under libFuzzer; `tests/corpus.rs` replays the corpus and mutates it without libFuzzer.

mod bodies;
mod keys;
mod peer;
mod policy_file;
mod request;
mod scopes;
mod settings;
mod shared;
mod token;

/// A fuzz target, which takes any bytes.
pub type Target = fn(&[u8]);

/// Each target by its name, which is also that of its folder in `corpus`.
pub const TARGETS: [(&str, Target); 9] = [
    ("token", token::token),
    ("request", request::request),
    ("json_body", bodies::json_body),
    ("form_body", bodies::form_body),
    ("pem", keys::pem),
    ("scopes", scopes::scopes),
    ("settings", settings::settings),
    ("policy_file", policy_file::policy_file),
    ("jsonwebtoken", peer::jsonwebtoken),
];

/// Runs the target of this name.
///
/// # Panics
///
/// When there is no target of this name, and when one of its properties doesn't hold.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target");
    target(data);
}
