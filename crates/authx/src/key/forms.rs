//! Forms in which people give keys: what is unwrapped, and what is not accepted, with the command that converts it.

use zeroize::Zeroizing;

use super::KeyError;
use super::der::{INTEGER, Reader, SEQUENCE};
use super::key_type::spki_of_certificate;
use super::secret_check::{decoded, is_der, is_jwk};

/// Which half of a key pair is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Private,
    Public,
}

/// The PEM in a text as it gets into an environment variable: in quotes, with `\n` in place of the line ends, or as
/// base64 of the whole file. `None` if there is no PEM in it.
pub(super) fn unwrapped(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = unquoted(text);
    let pem = if has_pem(text) {
        Zeroizing::new(text.to_vec())
    } else {
        decoded(text).map(Zeroizing::new).filter(|bytes| has_pem(bytes))?
    };
    let mut lines = Zeroizing::new(Vec::with_capacity(pem.len()));
    let mut rest = pem.as_slice();
    while let [first, after @ ..] = rest {
        rest = match rest {
            [b'\\', b'r', after @ ..] => after,
            [b'\\', b'n', after @ ..] => {
                lines.push(b'\n');
                after
            }
            _ => {
                lines.push(*first);
                after
            }
        };
    }
    Some(lines)
}

/// The text without white space, a byte order mark and one pair of quotes around it.
pub(super) fn unquoted(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii();
    match text {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => inner.trim_ascii(),
        _ => text,
    }
}

fn has_pem(text: &[u8]) -> bool {
    text.windows(BEGIN.len()).any(|window| window == BEGIN)
}

/// The error for a PEM section with this label, which is none of those that are accepted.
pub(super) fn section(label: &str, half: Half, expected: &'static str) -> KeyError {
    let (found, advice) = match (label, half) {
        ("CERTIFICATE", Half::Private) => (
            "a certificate",
            "it has only the public key, so it can verify and not sign; the private key is in another file or section",
        ),
        ("PUBLIC KEY" | "RSA PUBLIC KEY", Half::Private) => {
            ("a public key", "it can verify and not sign; a private key is expected")
        }
        (
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "ENCRYPTED PRIVATE KEY",
            Half::Public,
        ) => (
            "a private key",
            "take the public key out of it with: openssl pkey -in KEY -pubout -out KEY.pub",
        ),
        ("OPENSSH PRIVATE KEY", Half::Private) => (
            "a private key in the format of OpenSSH",
            "convert a copy of it with: ssh-keygen -p -N '' -m PKCS8 -f COPY (an Ed25519 key may stay as it is: make another \
             with: openssl genpkey -algorithm ED25519 -out KEY.pem)",
        ),
        ("OPENSSH PRIVATE KEY", Half::Public) => (
            "a private key in the format of OpenSSH",
            "take the public key out of it with: ssh-keygen -y -f KEY",
        ),
        ("RSA-PSS PRIVATE KEY", Half::Private) => (
            "an RSA-PSS key in a form of its own",
            "convert it with: openssl pkcs8 -topk8 -nocrypt -in KEY -out KEY.pem",
        ),
        ("TRUSTED CERTIFICATE", _) => (
            "a certificate with settings of OpenSSL",
            "convert it with: openssl x509 -in CERTIFICATE -out CERTIFICATE.pem",
        ),
        ("CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST", _) => (
            "a certificate request",
            "take the public key out of it with: openssl req -in REQUEST -noout -pubkey -out KEY.pub",
        ),
        ("PKCS7" | "CMS", _) => (
            "a file of certificates (PKCS#7)",
            "take them out with: openssl pkcs7 -in FILE -print_certs -out CERTIFICATES.pem, and keep the service's",
        ),
        _ => return KeyError::WrongSection { label: label.to_owned(), expected },
    };
    KeyError::OtherForm { found, advice }
}

/// The error for text or bytes without any PEM section.
pub(super) fn no_section(text: &[u8], half: Half) -> KeyError {
    if let Some(error) = der(text, half) {
        return error;
    }
    let shown = String::from_utf8_lossy(text);
    let shown = shown.trim_start_matches(|letter: char| !letter.is_ascii_graphic());
    let (found, advice) = if shown.starts_with("PuTTY-User-Key-File-") {
        (
            "a key of PuTTY",
            match half {
                Half::Private => "convert it with: puttygen KEY -O private-openssh -o KEY.pem",
                Half::Public => {
                    "take the public key out of it with: puttygen KEY -O public-openssh -o KEY.pub"
                }
            },
        )
    } else if shown.starts_with("---- BEGIN SSH2 PUBLIC KEY") {
        ("a public key in the format of SSH2", "convert it with: ssh-keygen -i -f KEY")
    } else if super::ssh::key_lines(text).is_some() {
        (
            "a public key in the format of OpenSSH",
            "it can verify and not sign; a private key is expected",
        )
    } else if text.contains(&0) && is_utf16_pem(text) {
        ("text in UTF-16", "save it as UTF-8")
    } else if shown.starts_with('{') && is_jwk(shown) {
        ("a JSON Web Key", "give the key as PEM")
    } else if let Some(error) =
        decoded(text).map(Zeroizing::new).and_then(|bytes| der(&bytes, half))
    {
        let KeyError::OtherForm { found, .. } = error else { return error };
        return KeyError::OtherForm {
            found,
            advice: "it is in base64 and lacks its lines -----BEGIN …----- and -----END …-----: give the whole PEM file",
        };
    } else {
        return KeyError::NotPem;
    };
    KeyError::OtherForm { found, advice }
}

const BEGIN: &[u8] = b"-----BEGIN";

fn is_utf16_pem(text: &[u8]) -> bool {
    let ascii: Vec<u8> = text.iter().copied().filter(|byte| *byte != 0).collect();
    let ascii = Zeroizing::new(ascii);
    has_pem(&ascii)
}

fn der(bytes: &[u8], half: Half) -> Option<KeyError> {
    if !is_der(bytes) {
        return None;
    }
    // The version of a PKCS#12 file is 3 (RFC 7292 section 4), that of a private key 0 or 1.
    let is_pkcs12 =
        Reader::new(bytes).inner(SEQUENCE).and_then(|mut fields| fields.content(INTEGER))
            == Some(&[3]);
    let (found, advice) = if is_pkcs12 {
        match half {
            Half::Private => (
                "a PKCS#12 file",
                "take the private key out of it with: openssl pkcs12 -in FILE -nocerts -nodes -out KEY.pem",
            ),
            Half::Public => (
                "a PKCS#12 file",
                "take the certificate out of it with: openssl pkcs12 -in FILE -nokeys -clcerts -out CERTIFICATE.pem",
            ),
        }
    } else if spki_of_certificate(bytes).is_some() {
        (
            "a certificate in DER",
            "convert it with: openssl x509 -inform DER -in CERTIFICATE -out CERTIFICATE.pem",
        )
    } else {
        match half {
            Half::Private => {
                ("a key in DER", "convert it with: openssl pkey -inform DER -in KEY -out KEY.pem")
            }
            Half::Public => (
                "a key in DER",
                "convert it with: openssl pkey -pubin -inform DER -in KEY -pubout -out KEY.pem",
            ),
        }
    };
    Some(KeyError::OtherForm { found, advice })
}
