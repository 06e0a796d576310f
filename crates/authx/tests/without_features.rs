//! What the engine says where a feature was left out. `make test-rust` runs it without any.
#![cfg(not(feature = "verification-cache"))]

use authx::{Config, Secret};

#[test]
fn a_setting_that_needs_a_feature_is_an_error_that_names_both() {
    let config =
        || Config::builder().secret_key(Secret::from("a secret of at least thirty-two bytes"));
    let error = config().verification_cache_entries(10_usize).build().expect_err("no feature");
    let message = error.to_string();
    assert!(message.starts_with("JWT_VERIFICATION_CACHE_ENTRIES: "), "{message}");
    assert!(message.contains("`verification-cache`"), "{message}");
    assert!(config().build().is_ok());
}
