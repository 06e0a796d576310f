//! The compiler's errors for handlers whose extractors lack something.

use std::process::Command;

/// The compiler's output for one of the handlers in `compile_errors/mistakes.rs`. Cargo has built the dependencies
/// before.
fn said_of(mistake: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--offline", "--quiet", "--all-features", "--example", "mistakes", "--"])
        .args(["--emit=metadata", "--cfg", &format!("mistake={mistake:?}")])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .expect("cargo");
    assert!(!output.status.success(), "a handler with {mistake} compiles");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_handler_without_its_state_does_not_compile_and_is_told_why() {
    for (mistake, state) in [("no state", "()"), ("a state without it", "Database")] {
        let said = said_of(mistake);
        let sentence =
            format!("the router's state `{state}` holds no `AuthX`, which this extractor needs");
        assert!(said.contains(&sentence), "{said}");
        assert!(
            said.contains("`.with_state(auth)`, or a struct that derives `axum::extract::FromRef`"),
            "{said}"
        );
    }
}

#[test]
fn a_user_that_cannot_be_found_does_not_compile_and_is_told_why() {
    let said = said_of("no way to a user");
    assert!(said.contains("implement `FromSubject<AuthX>` for `"), "{said}");
}

#[test]
fn custom_claims_that_cannot_be_cloned_do_not_compile_and_are_told_why() {
    let said = said_of("claims that can't be cloned");
    assert!(said.contains("the trait `Clone` is not implemented for `Tenant`"), "{said}");
}
