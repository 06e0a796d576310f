//! Runs Project Wycheproof's published test vectors against the code that verifies tokens.
//!
//! docs/conformance.md lists what ran and where the engine differs. `make conformance-table` writes it; otherwise the
//! test compares.

mod differences;
mod jwk;
mod jws;
mod raw;
#[path = "../../../../tests/conformance/record.rs"]
mod record;
mod report;
#[path = "../support/mod.rs"]
mod support;
mod wycheproof;

use report::Report;
use wycheproof::File;

#[test]
fn each_published_vector_has_its_published_result() {
    let Some(folder) = wycheproof::folder() else { return };
    let mut report = Report::default();
    for (name, run) in FILES {
        let file = File::read(&folder, name);
        let before = report.ran();
        run(&file, &mut report);
        assert_eq!(report.ran() - before, file.number_of_tests, "{name}: a vector was left out");
    }
    report.check();
}

#[test]
fn each_file_of_vectors_runs() {
    let Some(folder) = wycheproof::folder() else { return };
    let mut there: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .filter(|name| name.ends_with(".json"))
        .collect();
    there.sort();
    let mut run: Vec<_> = FILES.iter().map(|(name, _)| format!("{name}.json")).collect();
    run.sort();
    assert_eq!(there, run);
}

type Run = fn(&File, &mut Report);

const FILES: [(&str, Run); 19] = [
    ("json_web_signature_test", jws::run),
    ("json_web_key_test", jws::run),
    ("hmac_sha256_test", |file, report| raw::run("HS256", file, report)),
    ("hmac_sha384_test", |file, report| raw::run("HS384", file, report)),
    ("hmac_sha512_test", |file, report| raw::run("HS512", file, report)),
    ("rsa_signature_2048_sha256_test", |file, report| raw::run("RS256", file, report)),
    ("rsa_signature_3072_sha256_test", |file, report| raw::run("RS256", file, report)),
    ("rsa_signature_2048_sha384_test", |file, report| raw::run("RS384", file, report)),
    ("rsa_signature_2048_sha512_test", |file, report| raw::run("RS512", file, report)),
    ("rsa_signature_4096_sha512_test", |file, report| raw::run("RS512", file, report)),
    ("rsa_pss_2048_sha256_mgf1_32_test", |file, report| raw::run("PS256", file, report)),
    ("rsa_pss_3072_sha256_mgf1_32_test", |file, report| raw::run("PS256", file, report)),
    ("rsa_pss_2048_sha384_mgf1_48_test", |file, report| raw::run("PS384", file, report)),
    ("rsa_pss_4096_sha512_mgf1_64_test", |file, report| raw::run("PS512", file, report)),
    ("ecdsa_secp256r1_sha256_p1363_test", |file, report| raw::run("ES256", file, report)),
    ("ecdsa_secp256k1_sha256_p1363_test", |file, report| raw::run("ES256K", file, report)),
    ("ecdsa_secp384r1_sha384_p1363_test", |file, report| raw::run("ES384", file, report)),
    ("ecdsa_secp521r1_sha512_p1363_test", |file, report| raw::run("ES512", file, report)),
    ("ed25519_test", |file, report| raw::run("EdDSA", file, report)),
];
