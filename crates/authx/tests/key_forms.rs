//! Keys in the forms that openssl and ssh-keygen write: which are accepted, and what is said about the others.
//!
//! `tests/keys/generate.sh` made the files.

use std::path::PathBuf;
use std::process::Command;

use authx::key::KeyError;
use authx::{Algorithm, Key, NewToken};

mod support;
use support::{engine_of_ring, issue, pem, verify};

use Algorithm::{EdDsa, Es256, Es384, Es512, Hs256, Ps256, Ps384, Ps512, Rs256, Rs512};

const RSA: [Algorithm; 6] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/keys").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text(name: &str) -> String {
    String::from_utf8(bytes(name)).expect("text")
}

/// Whether the public key verifies what the private key signed.
fn is_pair(algorithm: Algorithm, private: &str, public: &str) -> bool {
    let private = Key::from_private_pem(algorithm, private).expect("a private key");
    let public = Key::from_public_pem(algorithm, public).expect("a public key");
    let token = issue(&engine_of_ring([private]), &NewToken::access("user123"));
    verify(&engine_of_ring([public]), &token).is_ok()
}

fn found(result: Result<Key, KeyError>) -> &'static str {
    match result {
        Err(KeyError::OtherForm { found, .. } | KeyError::OtherType { found, .. }) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_rsa_pss_key_without_parameters_signs_with_every_ps_algorithm_and_no_rs_algorithm() {
    let (private, public) = (text("rsa-pss.pkcs8.pem"), text("rsa-pss.spki.pem"));
    for algorithm in [Ps256, Ps384, Ps512] {
        assert!(is_pair(algorithm, &private, &public), "{algorithm}");
        assert!(is_pair(algorithm, &private, &text("rsa-pss.certificate.pem")), "{algorithm}");
    }
    for algorithm in [Rs256, Rs512, Es256, EdDsa] {
        let name = "an RSA-PSS key, which only PS256, PS384 and PS512 take";
        assert_eq!(found(Key::from_private_pem(algorithm, private.as_str())), name);
        assert_eq!(found(Key::from_public_pem(algorithm, &public)), name);
        assert_eq!(found(Key::from_public_pem(algorithm, text("rsa-pss.certificate.pem"))), name);
    }
}

#[test]
fn the_parameters_of_an_rsa_pss_key_decide_its_algorithm() {
    assert!(is_pair(Ps256, &text("rsa-pss-sha256.pkcs8.pem"), &text("rsa-pss-sha256.spki.pem")));
    for (name, algorithm) in [
        ("rsa-pss-sha256", Ps384),
        ("rsa-pss-sha256", Ps512),
        // Its mask is SHA-1, the default, so OpenSSL refuses PS512 with it, too.
        ("rsa-pss-sha512", Ps512),
        ("rsa-pss-sha512", Ps256),
        ("rsa-pss-other-mask", Ps256),
        ("rsa-pss-long-salt", Ps256),
    ] {
        let refused = Some(KeyError::PssParameters { algorithm });
        let private = Key::from_private_pem(algorithm, text(&format!("{name}.pkcs8.pem")));
        assert_eq!(private.err(), refused, "{name} for {algorithm}");
        let public = Key::from_public_pem(algorithm, text(&format!("{name}.spki.pem")));
        assert_eq!(public.err(), refused, "{name} for {algorithm}");
    }
}

#[test]
fn the_parameters_of_an_rsa_pss_key_are_read_to_their_end() {
    let spki = text("rsa-pss-sha256.spki.pem");
    let der = ::base64_simd::STANDARD
        .decode_to_vec(spki.lines().filter(|line| !line.starts_with('-')).collect::<String>())
        .expect("base64");
    let salt = der.windows(5).position(|part| part == b"\xa2\x03\x02\x01\x20").expect("the salt");
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut der = der.clone();
        change(&mut der);
        let base64 = ::base64_simd::STANDARD.encode_to_string(der);
        let lines: Vec<_> =
            base64.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect();
        let pem =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
        Key::from_public_pem(Ps256, pem).map(drop)
    };
    assert_eq!(changed(&|_| {}), Ok(()));
    assert_eq!(changed(&|der| der[salt + 4] = 20), Ok(()), "a shorter salt is the least one");
    for (name, at, byte) in [
        ("a longer salt", salt + 4, 0x21),
        ("a negative salt", salt + 4, 0xa0),
        ("another trailer", salt, 0xa3),
        ("an unknown field", salt, 0xa4),
    ] {
        let refused = Err(KeyError::PssParameters { algorithm: Ps256 });
        assert_eq!(changed(&|der| der[at] = byte), refused, "{name}");
    }
}

#[test]
fn a_key_with_its_certificates_in_one_file_is_the_key() {
    let chain = [pem("certificate"), &text("rsa.certificate.pem")].concat();
    for file in [
        [pem("p256.pkcs8"), pem("certificate")].concat(),
        [pem("certificate"), pem("p256.sec1-with-parameters")].concat(),
        [&chain, pem("p256.pkcs8")].concat(),
        text("p256.from-pkcs12.pem"),
    ] {
        assert!(is_pair(Es256, &file, pem("p256.spki")));
        let error = found(Key::from_public_pem(Es256, &file));
        assert_eq!(error, "a private key", "is no public key");
    }
    let public = [pem("p256.spki"), &chain].concat();
    assert!(is_pair(Es256, pem("p256.pkcs8"), &public));

    let two = [pem("p256.pkcs8"), pem("certificate"), pem("p384.pkcs8")].concat();
    assert_eq!(Key::from_private_pem(Es256, two).err(), Some(KeyError::SeveralKeys));
    assert_eq!(found(Key::from_private_pem(Es256, chain.as_str())), "a certificate");
    assert_eq!(found(Key::from_public_pem(Es256, chain)), "a chain of certificates");
}

#[test]
fn a_certificate_is_the_public_key_that_it_certifies() {
    assert!(is_pair(Es256, pem("p256.pkcs8"), pem("certificate")));
    assert!(is_pair(EdDsa, pem("ed25519.pkcs8"), &text("ed25519.certificate.pem")));
    let rsa = text("rsa.certificate.pem");
    for algorithm in RSA {
        assert!(is_pair(algorithm, pem("rsa.pkcs8"), &rsa), "{algorithm}");
    }
    assert_eq!(found(Key::from_public_pem(Es384, pem("certificate"))), "an EC key on P-256");
    assert_eq!(found(Key::from_public_pem(Es256, rsa)), "an RSA key");

    let engine =
        |public: &str| engine_of_ring([Key::from_public_pem(Es256, public).expect("a key")]);
    assert_eq!(
        engine(pem("certificate")).subject_hash("ada"),
        engine(pem("p256.spki")).subject_hash("ada")
    );
}

#[test]
fn a_line_of_openssh_is_a_public_key() {
    let rsa = text("rsa.ssh.pub");
    for algorithm in RSA {
        assert!(is_pair(algorithm, pem("rsa.pkcs8"), &rsa), "{algorithm}");
    }
    for (algorithm, curve) in [(Es256, "p256"), (Es384, "p384"), (Es512, "p521")] {
        let (private, public) = (format!("{curve}.pkcs8"), text(&format!("{curve}.ssh.pub")));
        assert!(is_pair(algorithm, pem(&private), &public), "{algorithm}");
        assert_eq!(
            found(Key::from_public_pem(Rs256, public)),
            format!("an EC key on P-{}", &curve[1..])
        );
    }
    // Without a comment, after one, and with CRLF.
    let bare: Vec<_> = rsa.split_whitespace().take(2).collect();
    for spelling in [bare.join(" "), format!("# the key\n\n  {rsa}\r\n"), format!("\u{feff}{rsa}")]
    {
        assert!(is_pair(Rs256, pem("rsa.pkcs8"), &spelling), "{spelling}");
    }
    let ed25519 = text("ed25519.ssh.pub");
    assert!(Key::from_public_pem(EdDsa, &ed25519).is_ok());
    assert_eq!(found(Key::from_public_pem(Rs256, &ed25519)), "an Ed25519 key");

    let two = Key::from_public_pem(Rs256, format!("{rsa}{rsa}"));
    assert_eq!(two.err(), Some(KeyError::SeveralKeys));
    let unfit = |algorithm| Some(KeyError::Unfit { algorithm });
    for (name, line) in [
        ("no blob", "ssh-rsa".to_owned()),
        ("no base64", "ssh-rsa AAAA!".to_owned()),
        ("cut", rsa.replacen("AAAAB3NzaC1yc2EAAAADAQABAAABAQ", "AAAAB3NzaC1yc2E", 1)),
        ("the blob of another type", ed25519.replace("ssh-ed25519", "ssh-rsa")),
        ("more after the key", rsa.replacen(" tests@", "AAAA tests@", 1)),
    ] {
        assert_eq!(Key::from_public_pem(Rs256, line).err(), unfit(Rs256), "{name}");
    }
    let moved = text("p256.ssh.pub").replace("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384");
    assert_eq!(Key::from_public_pem(Es384, moved).err(), unfit(Es384), "a point of another curve");
}

#[test]
fn what_is_refused_says_what_it_is_and_how_to_convert_it() {
    let der = |name: &str| {
        let base64: String = pem(name).lines().filter(|line| !line.starts_with('-')).collect();
        base64_simd::STANDARD.decode_to_vec(&base64).expect("base64")
    };
    let base64 = |name: &str| base64_simd::STANDARD.encode_to_string(der(name)).into_bytes();
    let utf16: Vec<u8> = pem("rsa.spki").bytes().flat_map(|byte| [byte, 0]).collect();
    let putty = b"PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n".to_vec();
    let jwk = br#"{"kty":"RSA","n":"38wWkZ9TEJsPZtvdJfxOR0yw","e":"AQAB"}"#.to_vec();
    let fido = b"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t".to_vec();
    for (given, private, public) in [
        (bytes("rsa.openssh"), "ssh-keygen -p -N '' -m PKCS8 -f COPY", "ssh-keygen -y -f KEY"),
        (
            bytes("p256.p12"),
            "openssl pkcs12 -in FILE -nocerts -nodes",
            "openssl pkcs12 -in FILE -nokeys -clcerts",
        ),
        (der("rsa.pkcs8"), "openssl pkey -inform DER -in KEY", "openssl pkey -pubin -inform DER"),
        (
            der("encrypted.pkcs8"),
            "openssl pkey -inform DER -in KEY",
            "openssl pkey -pubin -inform DER",
        ),
        (der("certificate"), "openssl x509 -inform DER", "openssl x509 -inform DER"),
        (base64("rsa.spki"), "lacks its lines -----BEGIN", "lacks its lines -----BEGIN"),
        (base64("rsa.pkcs8"), "lacks its lines -----BEGIN", "lacks its lines -----BEGIN"),
        (putty, "puttygen KEY -O private-openssh", "puttygen KEY -O public-openssh"),
        (jwk, "JSON Web Key", "JSON Web Key"),
        (utf16, "UTF-8", "UTF-8"),
        (bytes("rsa.ssh2.pub"), "ssh-keygen -i -f KEY", "ssh-keygen -i -f KEY"),
        (bytes("rsa.ssh.pub"), "a private key is expected", ""),
        (
            bytes("rsa.ssh-certificate.pub"),
            "a private key is expected",
            "without -cert in its name",
        ),
        (fido, "a private key is expected", "it signs no tokens"),
        (bytes("rsa.trusted-certificate.pem"), "openssl x509 -in", "openssl x509 -in"),
        (
            bytes("p256.request.pem"),
            "openssl req -in REQUEST -noout -pubkey",
            "openssl req -in REQUEST -noout -pubkey",
        ),
        (
            bytes("p256.pkcs7.pem"),
            "openssl pkcs7 -in FILE -print_certs",
            "openssl pkcs7 -in FILE -print_certs",
        ),
        (pem("rsa.pkcs8").into(), "", "openssl pkey -in KEY -pubout"),
        (
            pem("encrypted.pkcs8").into(),
            "openssl pkey -in KEY -out DECRYPTED",
            "openssl pkey -in KEY -pubout",
        ),
        (
            pem("encrypted.pkcs1").into(),
            "openssl pkey -in KEY -out DECRYPTED",
            "openssl pkey -in KEY -pubout",
        ),
        (b"/run/secrets/key.pem".to_vec(), "not its path", "not its path"),
    ] {
        let shown = String::from_utf8_lossy(&given).chars().take(40).collect::<String>();
        for (result, says) in [
            (Key::from_private_pem(Rs256, given.clone()), private),
            (Key::from_public_pem(Rs256, given.clone()), public),
        ] {
            if says.is_empty() {
                assert!(result.is_ok(), "{shown}: {result:?}");
                continue;
            }
            let error = result.expect_err(&shown).to_string();
            assert!(error.contains(says), "{shown}: {error}");
        }
        // Everybody may have it, or it is a key pair: in no form is it a secret.
        if shown != "/run/secrets/key.pem" {
            let secret = Key::from_weak_secret(Hs256, given);
            assert_eq!(secret.err(), Some(KeyError::KeyPairAsSecret), "{shown}");
        }
    }
}

#[test]
fn no_bytes_of_a_key_make_the_parser_panic() {
    for name in ["rsa-pss-sha256.spki.pem", "rsa.certificate.pem", "rsa-pss-sha256.pkcs8.pem"] {
        let given = text(name);
        let label =
            given.lines().next().expect("a line").trim_matches('-').replacen("BEGIN ", "", 1);
        let base64: String = given.lines().filter(|line| !line.starts_with('-')).collect();
        let der = base64_simd::STANDARD.decode_to_vec(&base64).expect("base64");
        for at in 0..der.len().min(400) {
            for byte in [0, 0x7f, 0x80, 0x84, 0xff] {
                let mut der = der.clone();
                der[at] = byte;
                let base64 = base64_simd::STANDARD.encode_to_string(der);
                let pem = format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n");
                drop(Key::from_public_pem(Ps256, &pem));
                drop(Key::from_private_pem(Ps256, pem));
            }
        }
    }
}

/// The files above may be older than the tools of this machine.
#[test]
fn what_the_installed_tools_write_now_is_accepted() {
    let run = |program: &str, arguments: &[&str]| -> Option<String> {
        let output = Command::new(program).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8(output.stdout).expect("text"))
    };
    let genpkey = |algorithm| run("openssl", &["genpkey", "-quiet", "-algorithm", algorithm]);
    let key_file = path("rsa.pkcs8.pem");
    let key_file = key_file.to_str().expect("a path in Unicode");
    if let Some(private) = genpkey("RSA-PSS") {
        assert!(Key::from_private_pem(Ps256, private).is_ok());
    }
    if let Some(certificate) =
        run("openssl", &["req", "-x509", "-key", key_file, "-subj", "/CN=test"])
    {
        assert!(is_pair(Rs256, pem("rsa.pkcs8"), &certificate));
    }
    let spki_file = path("rsa.spki.pem");
    let spki_file = spki_file.to_str().expect("a path in Unicode");
    if let Some(line) = run("ssh-keygen", &["-i", "-m", "PKCS8", "-f", spki_file]) {
        assert!(is_pair(Rs256, pem("rsa.pkcs8"), &line));
    }
}
