//! Keys: which are accepted, why others are refused, and how a ring chooses among them.

use authx::key::{KeyError, KeyKind, KeyRingError};
use authx::token::verify_signature;
use authx::{
    Algorithm, Config, ConfigBuilder, ConfigError, Engine, Error, IssueError, Key, KeyRing,
    NewToken, Secret, SystemRandom, Timestamp,
};
use aws_lc_rs::hmac;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

mod support;
use support::{
    OTHER_SECRET, SECRET, at, base64url, engine_of, engine_of_ring, engine_with, from_base64url,
    header_of, issue, key_files, minimal_payload, now, pem, seconds, secret_key, sign, signing_key,
    verify, verify_at,
};

#[test]
fn every_algorithm_issues_what_it_verifies() {
    for algorithm in Algorithm::ALL {
        let engine = engine_of(algorithm);
        let token = issue(&engine, &NewToken::access("user123"));
        assert_eq!(header_of(&token), json!({"alg": algorithm.name(), "typ": "JWT"}));
        let claims = verify(&engine, &token).expect("a valid token");
        assert_eq!(claims.sub, "user123", "{algorithm}");

        let Some((_, public)) = key_files(algorithm) else { continue };
        let verifier =
            engine_of_ring([Key::from_public_pem(algorithm, public).expect("a public key")]);
        assert_eq!(verify(&verifier, &token), Ok(claims), "{algorithm} by the public key");
        let refused = verifier.issue(&NewToken::access("user123"), now(), &SystemRandom);
        assert!(matches!(refused, Err(IssueError::NoSigningKey)), "{algorithm}: {refused:?}");
    }
}

#[test]
fn no_algorithm_verifies_what_another_signed() {
    for signer in Algorithm::ALL {
        let token = issue(&engine_of(signer), &NewToken::access("user123"));
        for other in Algorithm::ALL.into_iter().filter(|other| *other != signer) {
            let refused = verify(&engine_of(other), &token);
            assert_eq!(refused, Err(Error::AlgorithmNotAllowed), "{signer} for {other}");
        }
    }
}

#[test]
fn a_public_key_can_not_be_used_as_a_shared_secret() {
    let (private, public) = key_files(Algorithm::Rs256).expect("a key pair");
    let engine = engine_of_ring([Key::from_private_pem(Algorithm::Rs256, private).expect("a key")]);
    for algorithm in ["HS256", "RS256"] {
        let header = base64url(format!("{{\"alg\":\"{algorithm}\"}}"));
        let signed = format!("{header}.{}", base64url(support::minimal_payload().to_string()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes());
        let token = format!("{signed}.{}", base64url(hmac::sign(&key, signed.as_bytes())));
        assert!(verify(&engine, &token).is_err(), "{algorithm}");
    }
}

#[test]
fn the_hash_of_a_subject_is_the_same_only_for_engines_with_the_same_key() {
    let hash_of = |key| engine_of_ring([key]).subject_hash("ada");
    for algorithm in Algorithm::ALL {
        let Some((private, public)) = key_files(algorithm) else { continue };
        let private = Key::from_private_pem(algorithm, private).expect("a private key");
        let public = Key::from_public_pem(algorithm, public).expect("a public key");
        assert_eq!(hash_of(private), hash_of(public), "{algorithm}");
    }
    let other_rsa = Key::from_public_pem(Algorithm::Rs256, pem("rsa-other.spki")).expect("a key");
    let rsa = Key::from_public_pem(Algorithm::Rs256, pem("rsa.spki")).expect("a key");
    assert_ne!(hash_of(rsa), hash_of(other_rsa));

    let engine = engine_of(Algorithm::Hs256);
    let other = engine_of_ring([Key::from_secret(Algorithm::Hs256, OTHER_SECRET).expect("a key")]);
    assert_ne!(engine.subject_hash("ada"), other.subject_hash("ada"));
    assert_ne!(engine.subject_hash("ada"), engine.subject_hash("Ada"));
}

/// The same secret signs tokens and hashes subjects, so hashing a token's header and payload as a subject must not
/// give its signature.
#[test]
fn the_hash_of_a_subject_is_never_the_signature_of_a_token() {
    let engine = engine_of(Algorithm::Hs256);
    let token = issue(&engine, &NewToken::access("user123"));
    let (signed, signature) = token.rsplit_once('.').expect("a signature");
    let signature = from_base64url(signature);
    let begins: String = signature[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_ne!(engine.subject_hash(signed), begins);
}

#[test]
fn every_form_of_pem_makes_the_same_key() {
    let cases: [(&str, Algorithm, &str); 10] = [
        ("PKCS#8", Algorithm::Rs256, "rsa.pkcs8"),
        ("PKCS#1", Algorithm::Ps512, "rsa.pkcs1"),
        ("PKCS#8", Algorithm::Es256, "p256.pkcs8"),
        ("SEC1", Algorithm::Es256, "p256.sec1"),
        ("SEC1 with EC PARAMETERS", Algorithm::Es256, "p256.sec1-with-parameters"),
        ("SEC1", Algorithm::Es256k, "secp256k1.sec1"),
        ("SEC1", Algorithm::Es384, "p384.sec1"),
        ("SEC1", Algorithm::Es512, "p521.sec1"),
        ("PKCS#8", Algorithm::Es512, "p521.pkcs8"),
        ("PKCS#8 version 1", Algorithm::EdDsa, "ed25519.pkcs8"),
    ];
    for (form, algorithm, file) in cases {
        for (variant, file) in [
            ("as it is", pem(file).to_owned()),
            ("with CRLF", pem(file).replace('\n', "\r\n")),
            ("between other text", format!("Key of the tests\n\n{}\n\n", pem(file))),
        ] {
            let name = format!("{algorithm} from {form}, {variant}");
            let key = Key::from_private_pem(algorithm, file).expect(&name);
            let token = issue(&engine_of_ring([key]), &NewToken::access("user123"));
            let (_, public) = key_files(algorithm).expect("a key pair");
            let public = Key::from_public_pem(algorithm, public).expect(&name);
            assert!(verify(&engine_of_ring([public]), &token).is_ok(), "{name}");
        }
    }

    let token = issue(&engine_of(Algorithm::Rs256), &NewToken::access("user123"));
    let public =
        Key::from_public_pem(Algorithm::Rs256, pem("rsa.pkcs1-public")).expect("a PKCS#1 key");
    assert!(verify(&engine_of_ring([public]), &token).is_ok(), "RS256 from a public PKCS#1");
}

#[test]
fn a_bad_key_is_an_error_that_names_the_setting_and_does_not_show_the_key() {
    const PRIVATE: &str = "JWT_PRIVATE_KEY";
    const PUBLIC: &str = "JWT_PUBLIC_KEY";
    const PREVIOUS: &str = "JWT_PREVIOUS_PUBLIC_KEY";
    const SHARED: &str = "JWT_SECRET_KEY";
    let two = |name| format!("{}{}", pem(name), pem(name));
    let cut = |name| pem(name)[..pem(name).len() / 2].to_owned();
    let holed = |name: &str| pem(name).replacen("\nM", "\nMA", 1);
    let section = |label: &str, expected| KeyError::WrongSection { label: label.into(), expected };
    let is_private = || KeyError::OtherForm {
        found: "a private key",
        advice: "take the public key out of it with: openssl pkey -in KEY -pubout -out KEY.pub",
    };
    let is_public = || KeyError::OtherForm {
        found: "a public key",
        advice: "it can verify and not sign; a private key is expected",
    };
    let is_certificate = || KeyError::OtherForm {
        found: "a certificate",
        advice: "it has only the public key, so it can verify and not sign; the private key is in another file or section",
    };
    let other = |algorithm, found| KeyError::OtherType { algorithm, found };
    let (p256, rsa_key) = ("an EC key on P-256", "an RSA key");
    let unfit = |algorithm| KeyError::Unfit { algorithm };
    let text = |name: &str| pem(name).to_owned();
    use Algorithm::{EdDsa, Es256, Es256k, Es384, Hs256, Ps256, Rs256};
    let rsa = "PRIVATE KEY or RSA PRIVATE KEY";
    let ec = "PRIVATE KEY or EC PRIVATE KEY";

    let cases = [
        ("a certificate", Es256, PRIVATE, text("certificate"), is_certificate()),
        ("a public key", Rs256, PRIVATE, text("rsa.spki"), is_public()),
        ("a private key", Rs256, PUBLIC, text("rsa.pkcs8"), is_private()),
        ("a private key", Es256, PUBLIC, text("p256.sec1"), is_private()),
        ("SEC1 for RSA", Rs256, PRIVATE, text("p256.sec1"), section("EC PRIVATE KEY", rsa)),
        ("PKCS#1 for EC", Es256, PRIVATE, text("rsa.pkcs1"), section("RSA PRIVATE KEY", ec)),
        (
            "PKCS#1 for EC",
            Es256,
            PUBLIC,
            text("rsa.pkcs1-public"),
            section("RSA PUBLIC KEY", "PUBLIC KEY or CERTIFICATE"),
        ),
        (
            "SEC1 for Ed25519",
            EdDsa,
            PRIVATE,
            text("p256.sec1"),
            section("EC PRIVATE KEY", "PRIVATE KEY"),
        ),
        ("encrypted PKCS#8", Es256, PRIVATE, text("encrypted.pkcs8"), KeyError::Encrypted),
        ("encrypted PKCS#1", Rs256, PRIVATE, text("encrypted.pkcs1"), KeyError::Encrypted),
        ("two private keys", Es256, PRIVATE, two("p256.pkcs8"), KeyError::SeveralKeys),
        ("two public keys", Es256, PUBLIC, two("p256.spki"), KeyError::SeveralKeys),
        ("nothing", Rs256, PRIVATE, String::new(), KeyError::Empty),
        ("nothing", Rs256, PUBLIC, String::new(), KeyError::Empty),
        ("space", Rs256, PRIVATE, " \n".to_owned(), KeyError::NotPem),
        ("garbage", Rs256, PRIVATE, "never-to-be-seen".to_owned(), KeyError::NotPem),
        ("garbage", Rs256, PUBLIC, "never-to-be-seen".to_owned(), KeyError::NotPem),
        ("half a key", Es256, PRIVATE, cut("p256.pkcs8"), KeyError::NotPem),
        ("a damaged key", Rs256, PRIVATE, holed("rsa.pkcs8"), KeyError::NotPem),
        ("another curve", Es384, PRIVATE, text("p256.pkcs8"), other(Es384, p256)),
        ("another curve", Es384, PRIVATE, text("p256.sec1"), unfit(Es384)),
        ("another curve", Es256k, PRIVATE, text("p256.pkcs8"), other(Es256k, p256)),
        (
            "another curve",
            Es256,
            PUBLIC,
            text("secp256k1.spki"),
            other(Es256, "an EC key on secp256k1"),
        ),
        ("another curve", EdDsa, PRIVATE, text("ed448.pkcs8"), other(EdDsa, "an Ed448 key")),
        ("RSA for EC", Es256, PRIVATE, text("rsa.pkcs8"), other(Es256, rsa_key)),
        ("EC for RSA", Rs256, PRIVATE, text("p256.pkcs8"), other(Rs256, p256)),
        ("EC for RSA", Ps256, PUBLIC, text("p256.spki"), other(Ps256, p256)),
        ("EC for Ed25519", EdDsa, PUBLIC, text("p256.spki"), other(EdDsa, p256)),
        ("Ed25519 for EC", Es256, PUBLIC, text("ed25519.spki"), other(Es256, "an Ed25519 key")),
        ("a small RSA key", Rs256, PRIVATE, text("rsa-1024.pkcs8"), unfit(Rs256)),
        ("a small RSA key", Ps256, PUBLIC, text("rsa-1024.spki"), unfit(Ps256)),
        ("no key before", Rs256, PREVIOUS, "never-to-be-seen".to_owned(), KeyError::NotPem),
        (
            "another curve before",
            Es256,
            PREVIOUS,
            text("p384.spki"),
            other(Es256, "an EC key on P-384"),
        ),
        ("no secret", Hs256, SHARED, String::new(), KeyError::Empty),
        ("a short secret", Hs256, SHARED, "never-to-be-seen".to_owned(), weak(16, 32)),
        ("a public key as a secret", Hs256, SHARED, text("rsa.spki"), KeyError::KeyPairAsSecret),
        ("a private key as a secret", Hs256, SHARED, text("rsa.pkcs8"), KeyError::KeyPairAsSecret),
        (
            "a certificate as a secret",
            Hs256,
            SHARED,
            text("certificate"),
            KeyError::KeyPairAsSecret,
        ),
        (
            "a public key with attributes as a secret",
            Hs256,
            SHARED,
            format!("Bag Attributes\n\n{}", pem("rsa.spki")),
            KeyError::KeyPairAsSecret,
        ),
        (
            "a public key as the secret before",
            Hs256,
            "JWT_PREVIOUS_SECRET_KEY",
            text("p256.spki"),
            KeyError::KeyPairAsSecret,
        ),
    ];
    for (name, algorithm, setting, text, expected) in cases {
        let secret = Secret::from(text.clone());
        let config = match setting {
            PRIVATE => Config::builder().private_key(secret),
            PUBLIC => Config::builder().public_key(secret),
            PREVIOUS => {
                let (private, _) = key_files(algorithm).expect("a key pair");
                Config::builder().private_key(Secret::from(private)).previous_public_key(secret)
            }
            SHARED => Config::builder().secret_key(secret),
            _ => support::config().previous_secret_key(secret),
        };
        let error = config.algorithm(algorithm).build().expect_err(name);
        assert_eq!(error, ConfigError::Key { setting, error: expected }, "{name} as {setting}");
        assert!(error.to_string().starts_with(&format!("{setting}: ")), "{error}");
        for shown in [error.to_string(), format!("{error:?}")] {
            for line in text.lines().filter(|line| line.len() > 9 && !line.starts_with("-----")) {
                assert!(!shown.contains(line), "{name} as {setting}: {shown}");
            }
        }
    }
}

/// The forms in which tools write a key or a certificate: each would be known to whoever has the public key.
fn forms_of_keys() -> Vec<(String, Vec<u8>)> {
    let base64 = |bytes: &[u8]| base64_simd::STANDARD.encode_to_string(bytes);
    let mut forms = Vec::new();
    for name in [
        "rsa.spki",
        "rsa.pkcs1-public",
        "rsa.pkcs8",
        "rsa.pkcs1",
        "p256.spki",
        "p256.pkcs8",
        "p256.sec1",
        "ed25519.spki",
        "ed25519.pkcs8",
        "certificate",
    ] {
        let pem = pem(name);
        let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = base64_simd::STANDARD.decode_to_vec(&der).expect("base64");
        let url = base64_simd::URL_SAFE_NO_PAD.encode_to_string(&der);
        let folded: Vec<_> = base64(&der).as_bytes().chunks(76).map(<[u8]>::to_vec).collect();
        forms.extend([
            (format!("{name} as DER"), der.clone()),
            (format!("{name} as DER in base64"), base64(&der).into_bytes()),
            (format!("{name} as DER in base64url"), url.into_bytes()),
            (format!("{name} as DER in lines of base64"), folded.join(&b"\r\n"[..])),
            (format!("{name} as PEM in base64"), base64(pem.as_bytes()).into_bytes()),
            (format!("{name} as PEM without line ends"), pem.replace('\n', " ").into_bytes()),
            (
                format!("{name} as PEM with escaped line ends"),
                pem.replace('\n', "\\n").into_bytes(),
            ),
        ]);
    }
    let blob = "AAAAB3NzaC1yc2EAAAADAQABAAABAQDfzBaRn1MQmw9m290l/E5HTDIhMhgdN4JVUt32ebIYLUvY";
    for kind in [
        "ssh-rsa",
        "ssh-ed25519",
        "ssh-dss",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "ssh-rsa-cert-v01@openssh.com",
    ] {
        forms.push((kind.to_owned(), format!("{kind} {blob} ada@example").into_bytes()));
        let options = format!("no-pty,from=\"10.0.0.0/8\" {kind} {blob}");
        forms.push((format!("{kind} with options"), options.into_bytes()));
    }
    let ssh2 = format!(
        "---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"a\"\n{blob}\n---- END SSH2 PUBLIC KEY ----"
    );
    forms.push(("SSH2".to_owned(), ssh2.into_bytes()));
    for jwk in [
        r#"{"kty":"RSA","n":"38wWkZ9TEJsPZtvdJfxOR0ywITIYHTeCVVLd9nmyGC1L2PjxcyyZOCU6","e":"AQAB"}"#,
        r#"{ "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kty": "OKP" }"#,
        r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}]}"#,
    ] {
        forms.push(("JWK".to_owned(), jwk.into()));
        forms.push(("JWK in base64".to_owned(), base64(jwk.as_bytes()).into_bytes()));
    }
    forms
}

#[test]
fn no_form_of_a_key_or_certificate_is_a_secret() {
    for (form, bytes) in forms_of_keys() {
        let utf16: Vec<u8> = bytes.iter().flat_map(|byte| [*byte, 0]).collect();
        let is_text = bytes.is_ascii();
        let mut spellings = vec![("", bytes.clone())];
        if is_text {
            spellings.extend([
                ("after a byte order mark", [b"\xef\xbb\xbf", &bytes[..]].concat()),
                ("between white space", [b" \t\r\n\n", &bytes[..], b"\n \n"].concat()),
                ("in UTF-16", [b"\xff\xfe", &utf16[..]].concat()),
            ]);
        }
        for (spelling, bytes) in spellings {
            for algorithm in [Algorithm::Hs256, Algorithm::Hs512] {
                for key in [
                    Key::from_secret(algorithm, bytes.clone()),
                    Key::from_weak_secret(algorithm, bytes.clone()),
                ] {
                    let refused = key.map(drop).expect_err(&format!("{form} {spelling}"));
                    let is_short = matches!(refused, KeyError::WeakSecret { .. });
                    assert!(is_short || refused == KeyError::KeyPairAsSecret, "{form} {spelling}");
                }
            }
        }
    }
}

#[test]
fn a_key_of_another_kind_than_the_algorithms_is_refused() {
    for algorithm in Algorithm::ALL {
        let refused = if algorithm.key_kind() == KeyKind::Secret {
            let public = Key::from_public_pem(algorithm, pem("rsa.spki")).map(drop);
            assert_eq!(public, Err(KeyError::WrongKind { algorithm }));
            Key::from_private_pem(algorithm, pem("rsa.pkcs8")).map(drop)
        } else {
            Key::from_secret(algorithm, SECRET).map(drop)
        };
        assert_eq!(refused, Err(KeyError::WrongKind { algorithm }));
    }
}

#[test]
fn a_public_key_that_does_not_belong_to_the_private_key_is_refused() {
    for (algorithm, private, public) in [
        (Algorithm::Rs256, "rsa.pkcs8", "rsa-other.spki"),
        (Algorithm::Ps384, "rsa.pkcs8", "rsa-other.spki"),
        (Algorithm::Es256, "p256.pkcs8", "p256-other.spki"),
    ] {
        let config = |public| {
            let private = Secret::from(pem(private));
            let public = Secret::from(pem(public));
            Config::builder().algorithm(algorithm).private_key(private).public_key(public).build()
        };
        let error = config(public).expect_err("a mismatched pair");
        assert!(error.to_string().starts_with("JWT_PUBLIC_KEY: "), "{error}");
        assert!(config(&private.replace("pkcs8", "spki")).is_ok(), "{algorithm}");
    }
}

#[test]
fn a_configuration_without_a_key_is_refused() {
    for (algorithm, setting) in [
        (Algorithm::Hs256, "JWT_SECRET_KEY"),
        (Algorithm::Rs256, "JWT_PRIVATE_KEY"),
        (Algorithm::EdDsa, "JWT_PUBLIC_KEY"),
    ] {
        let wrong_kind = if algorithm.is_symmetric() {
            Config::builder().private_key(Secret::from(pem("rsa.pkcs8")))
        } else {
            support::config()
        };
        for config in [Config::builder(), wrong_kind] {
            let error = config.algorithm(algorithm).build().expect_err("no key");
            assert!(error.to_string().contains(setting), "{error}");
        }
    }
    let before = Config::builder().previous_secret_key(Secret::from(SECRET));
    let error = before.build().expect_err("only the key before");
    assert!(error.to_string().contains("JWT_SECRET_KEY"), "{error}");
}

#[test]
fn a_secret_must_be_as_long_as_its_hash_unless_strict_keys_are_off() {
    for (algorithm, required) in
        [(Algorithm::Hs256, 32), (Algorithm::Hs384, 48), (Algorithm::Hs512, 64)]
    {
        let marked = |length: usize| format!("{:x<length$}", "never");
        let config = |length| {
            Config::builder().algorithm(algorithm).secret_key(Secret::from(marked(length)))
        };
        let exact = config(required).build().expect("long enough");
        assert_eq!(exact.warnings(), [""; 0]);

        let error = config(required - 1).build().expect_err("too short");
        let expected = weak(required - 1, required);
        assert_eq!(error, ConfigError::Key { setting: "JWT_SECRET_KEY", error: expected });

        let lenient = config(required - 1).strict_keys(false).build().expect("strict keys are off");
        let [warning] = lenient.warnings() else { panic!("one warning") };
        assert!(warning.starts_with("JWT_SECRET_KEY: "), "{warning}");
        assert!(warning.contains(algorithm.name()) && !warning.contains("never"), "{warning}");
        let engine = Engine::new(lenient);
        assert!(verify(&engine, &issue(&engine, &NewToken::access("user123"))).is_ok());

        let empty = config(0).secret_key(Secret::from("")).strict_keys(false).build();
        let expected = ConfigError::Key { setting: "JWT_SECRET_KEY", error: KeyError::Empty };
        assert_eq!(empty.expect_err("empty"), expected);
    }
    let previous = support::config().strict_keys(false).previous_secret_key(Secret::from("short"));
    let config = previous.build().expect("strict keys are off");
    assert!(config.warnings()[0].starts_with("JWT_PREVIOUS_SECRET_KEY: "));
}

#[test]
fn what_the_previous_key_signed_is_valid_until_it_expires() {
    let rotated_pair = |config: ConfigBuilder| {
        config
            .algorithm(Algorithm::Es256)
            .private_key(Secret::from(pem("p256.pkcs8")))
            .previous_public_key(Secret::from(pem("p256-other.spki")))
    };
    // The current and the previous pair are the same one here.
    let same_pair = |config: ConfigBuilder| {
        rotated_pair(config).previous_public_key(Secret::from(pem("p256.spki")))
    };
    let old = engine_with(|config| config.secret_key(Secret::from(OTHER_SECRET)));
    let rotated = engine_with(|config| config.previous_secret_key(Secret::from(OTHER_SECRET)));
    let old_pair = engine_of(Algorithm::Es256);
    for (name, old, rotated) in
        [("secrets", old, rotated), ("pairs", old_pair, engine_with(same_pair))]
    {
        let token = issue(&old, &NewToken::access("user123").expires_in(seconds(60)));
        assert!(verify(&rotated, &token).is_ok(), "{name}");
        assert_eq!(verify_at(&rotated, &token, at(60)), Err(Error::Expired), "{name}");
        let renewed = issue(&rotated, &NewToken::access("user123"));
        assert!(verify(&rotated, &renewed).is_ok(), "{name}");
    }
    let stranger = issue(&engine_of(Algorithm::Es256), &NewToken::access("user123"));
    assert!(verify(&engine_with(rotated_pair), &stranger).is_ok(), "signed by the current key");

    let renewed = issue(
        &engine_with(|config| config.previous_secret_key(Secret::from(OTHER_SECRET))),
        &NewToken::access("user123"),
    );
    let old = engine_with(|config| config.secret_key(Secret::from(OTHER_SECRET)));
    assert_eq!(verify(&old, &renewed), Err(Error::InvalidSignature), "only the first key signs");
}

#[test]
fn a_token_is_checked_against_the_key_that_it_names() {
    let named = |secret, kid: &str| secret_key(secret).with_kid(kid);
    let ring = || engine_of_ring([named(SECRET, "new"), named(OTHER_SECRET, "old")]);
    let by = |key| issue(&engine_of_ring([key]), &NewToken::access("user123"));

    assert_eq!(header_of(&by(named(SECRET, "new")))["kid"], "new");
    let cases = [
        ("the first key's name", by(named(SECRET, "new")), Ok(())),
        ("the second key's name", by(named(OTHER_SECRET, "old")), Ok(())),
        ("no name, the first key", by(secret_key(SECRET)), Ok(())),
        ("no name, the second key", by(secret_key(OTHER_SECRET)), Ok(())),
        ("the other's name", by(named(OTHER_SECRET, "new")), Err(Error::InvalidSignature)),
        ("an unknown name", by(named(SECRET, "unknown")), Err(Error::InvalidSignature)),
        ("an empty name", by(named(SECRET, "")), Err(Error::InvalidSignature)),
        ("a name in other case", by(named(SECRET, "NEW")), Err(Error::InvalidSignature)),
        ("a path as a name", by(named("", "../../dev/null")), Err(Error::InvalidSignature)),
    ];
    for (name, token, expected) in cases {
        assert_eq!(verify(&ring(), &token).map(drop), expected, "{name}");
    }

    let nameless = engine_of_ring([secret_key(SECRET)]);
    assert!(verify(&nameless, &by(named(SECRET, "whatever"))).is_ok());

    // Keys of different algorithms may have the same name.
    let both =
        engine_of_ring([named(SECRET, "main"), signing_key(Algorithm::EdDsa).with_kid("main")]);
    let token = by(signing_key(Algorithm::EdDsa).with_kid("main"));
    assert!(verify(&both, &token).is_ok());

    fn secret_key(secret: &str) -> Key {
        let secret = if secret.is_empty() { "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" } else { secret };
        Key::from_weak_secret(Algorithm::Hs256, secret).expect("a secret")
    }
}

#[test]
fn the_order_of_the_fields_of_a_header_does_not_matter() {
    let names = ["main", r#"a "quoted\" name"#];
    for (name, other) in [(names[0], names[1]), (names[1], names[0])] {
        let ring = engine_of_ring([
            secret_key(SECRET).with_kid(name),
            secret_key(OTHER_SECRET).with_kid(other),
        ]);
        let payload = minimal_payload().to_string();
        let kid = |name: &str| Value::from(name).to_string();
        for (named, expected) in [(name, Ok(())), (other, Err(Error::InvalidSignature))] {
            for header in [
                format!(r#"{{"typ":"JWT","alg":"HS256","kid":{}}}"#, kid(named)),
                format!(r#"{{"alg":"HS256","kid":{},"typ":"JWT"}}"#, kid(named)),
                format!(r#"{{"kid":{},"typ":"JWT","alg":"HS256"}}"#, kid(named)),
            ] {
                let token = sign(&header, &payload);
                assert_eq!(verify(&ring, &token).map(drop), expected, "{header}");
            }
        }
        let nameless = sign(r#"{"typ":"JWT","alg":"HS256"}"#, &payload);
        assert!(verify(&ring, &nameless).is_ok());
    }
}

#[test]
fn a_key_verifies_nothing_from_its_retirement_on() {
    let token = issue(&engine_of_ring([secret_key(OTHER_SECRET)]), &NewToken::access("user123"));
    let ring = engine_of_ring([secret_key(SECRET), secret_key(OTHER_SECRET).retired_at(at(10))]);
    assert!(verify_at(&ring, &token, at(9)).is_ok());
    assert_eq!(verify_at(&ring, &token, at(10)), Err(Error::InvalidSignature));
    assert_eq!(verify_at(&ring, &token, at(11)), Err(Error::InvalidSignature));
}

#[test]
fn a_ring_needs_at_least_one_key_and_distinct_names() {
    let key = |secret| secret_key(secret).with_kid("main");
    assert_eq!(KeyRing::new([]).map(drop), Err(KeyRingError::Empty));
    let error = KeyRing::new([key(SECRET), key(OTHER_SECRET)]).map(drop);
    assert_eq!(error, Err(KeyRingError::DuplicateKid("main".to_owned())));
    let other_algorithm = signing_key(Algorithm::EdDsa).with_kid("main");
    assert!(KeyRing::new([key(SECRET), other_algorithm, secret_key(OTHER_SECRET)]).is_ok());
}

#[test]
fn additional_algorithms_verify_with_the_configured_keys() {
    let config = || {
        Config::builder()
            .secret_key(Secret::from(SECRET))
            .private_key(Secret::from(pem("rsa.pkcs8")))
    };
    let all = config().decode_algorithms(Algorithm::ALL).build().expect("valid");
    let all = Engine::new(all);
    let one = Engine::new(config().build().expect("valid"));
    for algorithm in Algorithm::ALL {
        let token = issue(&engine_of(algorithm), &NewToken::access("user123"));
        let usable = matches!(algorithm.key_kind(), KeyKind::Secret | KeyKind::Rsa);
        let expected = if usable { Ok(()) } else { Err(Error::AlgorithmNotAllowed) };
        assert_eq!(verify(&all, &token).map(drop), expected, "{algorithm}, where all are listed");
        let expected = match algorithm {
            Algorithm::Hs256 => Ok(()),
            _ => Err(Error::AlgorithmNotAllowed),
        };
        assert_eq!(verify(&one, &token).map(drop), expected, "{algorithm}, where none is listed");
    }
    let without_signer = config().decode_algorithms([Algorithm::Rs256]).build();
    let error = without_signer.expect_err("the signer is not listed").to_string();
    assert!(error.starts_with("JWT_DECODE_ALGORITHMS: "), "{error}");
}

#[test]
fn a_public_key_that_fits_no_additional_algorithm_is_an_error_that_names_its_setting() {
    let config = |algorithms: &[Algorithm]| {
        Config::builder().secret_key(Secret::from(SECRET)).decode_algorithms(algorithms)
    };
    let listed = [Algorithm::Hs256, Algorithm::Rs256, Algorithm::Ps256];
    let damaged = pem("rsa.spki").replace("A", "B");
    for public in [damaged.as_str(), "no PEM", pem("p256.spki")] {
        let error = config(&listed).public_key(Secret::from(public)).build().expect_err(public);
        assert!(error.to_string().starts_with("JWT_PUBLIC_KEY: "), "{error}");
    }
    // A key is neither needed nor checked if no listed algorithm uses it.
    assert!(config(&listed).build().is_ok());
    let unused = config(&[Algorithm::Hs256]).public_key(Secret::from(pem("p256.spki")));
    assert!(unused.build().is_ok());
}

#[test]
fn a_signature_is_checked_over_any_payload() {
    let ring = KeyRing::new([secret_key(SECRET)]).expect("a ring");
    let header = r#"{"alg":"HS256"}"#;
    for payload in ["", "no JSON", "\u{0}", "{\"sub\":1}"] {
        let opened = verify_signature(&ring, &sign(header, payload), Timestamp::MIN);
        assert_eq!(opened, Ok(payload.as_bytes().to_vec()), "{payload:?}");
    }
}

fn weak(actual: usize, required: usize) -> KeyError {
    KeyError::WeakSecret { actual, required }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Compares with another implementation, with secrets shorter and longer than the block of the hash.
    #[test]
    fn an_hmac_agrees_with_another_implementation(secret in vec(any::<u8>(), 1..300), subject in ".+") {
        for (algorithm, hash) in [
            (Algorithm::Hs256, hmac::HMAC_SHA256),
            (Algorithm::Hs384, hmac::HMAC_SHA384),
            (Algorithm::Hs512, hmac::HMAC_SHA512),
        ] {
            let key = Key::from_weak_secret(algorithm, secret.clone()).expect("a key");
            let token = issue(&engine_of_ring([key]), &NewToken::access(&subject));
            let (signed, signature) = token.rsplit_once('.').expect("a signature");
            let expected = hmac::sign(&hmac::Key::new(hash, &secret), signed.as_bytes());
            prop_assert_eq!(from_base64url(signature), expected.as_ref());
        }
    }
}

/// With such a key, a signature of zeros is valid for any message.
#[test]
fn an_ed25519_key_of_small_order_is_refused() {
    for point in [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        // The same point in an encoding that is not reduced.
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ] {
        let bytes: Vec<u8> = (0..64)
            .step_by(2)
            .map(|at| u8::from_str_radix(&point[at..at + 2], 16).expect("base 16"))
            .collect();
        let key = Key::from_public_pem(Algorithm::EdDsa, support::public_key::ed25519(&bytes));
        assert_eq!(key.err(), Some(KeyError::Unfit { algorithm: Algorithm::EdDsa }), "{point}");
    }
}
