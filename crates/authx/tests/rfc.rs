//! The examples of the RFCs, as they are printed there.
//!
//! They have no `type`, so only their signature is checked: [`verify_signature`].

use authx::token::verify_signature;
use authx::{Algorithm, Error, Key, KeyRing, Timestamp};

mod support;
use support::public_key::{self, Curve, rsa};
use support::{base64url, from_base64url};

/// RFC 7515 appendix A.1.1, and RFC 7519 section 3.1: the claims, with their line breaks.
const JOE: &str =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

/// RFC 7515 appendix A.1; the same token is the example of RFC 7519 section 3.1.
const HS256: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
    eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
    dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const HS256_K: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/// RFC 7515 appendix A.2.
const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.\
    eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
    cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7\
    AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4\
    BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K\
    0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv\
    hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB\
    p0igcN_IoypGlUPQGe77Rw";
const RS256_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp\
    -Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW\
    vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs\
    LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k\
    G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2\
    PAcDTW9gb54h4FRWyuXpoQ";

const EXPONENT: &[u8] = &[1, 0, 1];

/// RFC 7515 appendix A.3.
const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.\
    eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
    DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const ES256_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const ES256_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

/// RFC 7515 appendix A.4.
const ES512: &str = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.\
    AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZq\
    wqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8Kp\
    EHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
const ES512_X: &str =
    "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk";
const ES512_Y: &str =
    "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2";

/// RFC 7515 appendix A.5; the same token is the example of RFC 7519 section 6.1.
const UNSECURED: &str = "eyJhbGciOiJub25lIn0.\
    eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";

/// RFC 8037 appendix A.4.
const EDDSA: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
    hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const EDDSA_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

#[test]
fn the_example_of_each_algorithm_verifies_and_yields_its_payload() {
    for (name, key, token, payload) in examples() {
        let ring = KeyRing::new([key]).expect("a ring");
        let opened = verify_signature(&ring, token, Timestamp::MIN);
        assert_eq!(opened, Ok(payload.as_bytes().to_vec()), "{name}");
    }
}

#[test]
fn an_example_fails_with_any_other_payload_and_under_any_other_key() {
    for (name, key, token, _) in examples() {
        let ring = KeyRing::new([key]).expect("a ring");
        let [header, _, signature] = token.split('.').collect::<Vec<_>>()[..] else {
            panic!("{name} has three segments")
        };
        let edited = format!("{header}.{}.{signature}", base64url("{\"iss\":\"jim\"}"));
        let refused = verify_signature(&ring, &edited, Timestamp::MIN);
        assert_eq!(refused, Err(Error::InvalidSignature), "{name}");

        let algorithm = ring.algorithm();
        let strangers = KeyRing::new([support::signing_key(algorithm)]).expect("a ring");
        let refused = verify_signature(&strangers, token, Timestamp::MIN);
        assert_eq!(refused, Err(Error::InvalidSignature), "{name}");
    }
}

#[test]
fn the_unsecured_example_is_refused_by_every_key() {
    for algorithm in Algorithm::ALL {
        let ring = KeyRing::new([support::signing_key(algorithm)]).expect("a ring");
        let refused = verify_signature(&ring, UNSECURED, Timestamp::MIN);
        assert_eq!(refused, Err(Error::AlgorithmNotAllowed), "{algorithm}");
    }
}

/// RFC 7797 section 4: unencoded payloads, which a JWT must not have (section 7).
#[test]
fn the_examples_of_unencoded_payloads_are_refused() {
    let header = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19";
    let signature = "A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY";
    let key = Key::from_secret(Algorithm::Hs256, from_base64url(HS256_K)).expect("a secret");
    let signed = [header.as_bytes(), b".$.02"].concat();
    assert!(key.verify(&signed, &from_base64url(signature)), "the example itself is correct");

    let ring = KeyRing::new([key]).expect("a ring");
    for payload in ["", "$.02", &base64url("$.02")] {
        let token = format!("{header}.{payload}.{signature}");
        let refused = verify_signature(&ring, &token, Timestamp::MIN);
        assert!(matches!(refused, Err(Error::Malformed(_))), "{payload}: {refused:?}");
    }
}

#[test]
fn the_claims_set_of_the_jwt_example_is_decoded_as_it_is_printed() {
    let payload = authx::token::decode_unverified_payload(HS256).expect("a payload");
    assert_eq!(payload.get(), JOE);
    let header = authx::token::decode_unverified_header(HS256).expect("a header");
    assert_eq!(header.get(), "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}");
}

fn examples() -> [(&'static str, Key, &'static str, &'static str); 5] {
    let secret = Key::from_secret(Algorithm::Hs256, from_base64url(HS256_K)).expect("a secret");
    [
        ("RFC 7515 A.1, RFC 7519 3.1", secret, HS256, JOE),
        (
            "RFC 7515 A.2",
            public(Algorithm::Rs256, rsa(&from_base64url(RS256_N), EXPONENT)),
            RS256,
            JOE,
        ),
        ("RFC 7515 A.3", public(Algorithm::Es256, ec(Curve::P256, ES256_X, ES256_Y)), ES256, JOE),
        (
            "RFC 7515 A.4",
            public(Algorithm::Es512, ec(Curve::P521, ES512_X, ES512_Y)),
            ES512,
            "Payload",
        ),
        (
            "RFC 8037 A.4",
            public(Algorithm::EdDsa, public_key::ed25519(&from_base64url(EDDSA_X))),
            EDDSA,
            "Example of Ed25519 signing",
        ),
    ]
}

fn ec(curve: Curve, x: &str, y: &str) -> String {
    public_key::ec(curve, &from_base64url(x), &from_base64url(y))
}

fn public(algorithm: Algorithm, pem: String) -> Key {
    Key::from_public_pem(algorithm, pem).expect("the RFC's key")
}
