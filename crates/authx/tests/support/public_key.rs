//! Public keys as PEM, built from their numbers.

/// A curve, with its object identifier.
#[derive(Clone, Copy)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    fn identifier(self) -> &'static [u8] {
        match self {
            Self::P256 => b"\x2a\x86\x48\xce\x3d\x03\x01\x07",
            Self::P384 => b"\x2b\x81\x04\x00\x22",
            Self::P521 => b"\x2b\x81\x04\x00\x23",
        }
    }
}

const ID_EC_PUBLIC_KEY: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
const ID_ED25519: &[u8] = b"\x2b\x65\x70";

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// RFC 8017 appendix A.1.1.
pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> String {
    let numbers = [integer(modulus), integer(exponent)].concat();
    pem("RSA PUBLIC KEY", &der(SEQUENCE, &numbers))
}

/// RFC 5480 section 2, with an uncompressed point.
pub(crate) fn ec(curve: Curve, x: &[u8], y: &[u8]) -> String {
    let algorithm =
        [der(OBJECT_IDENTIFIER, ID_EC_PUBLIC_KEY), der(OBJECT_IDENTIFIER, curve.identifier())];
    spki(&algorithm.concat(), &[&[4], x, y].concat())
}

/// RFC 8410 section 4.
pub(crate) fn ed25519(x: &[u8]) -> String {
    spki(&der(OBJECT_IDENTIFIER, ID_ED25519), x)
}

fn spki(algorithm: &[u8], key: &[u8]) -> String {
    let key = [&[0], key].concat();
    pem("PUBLIC KEY", &der(SEQUENCE, &[der(SEQUENCE, algorithm), der(BIT_STRING, &key)].concat()))
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if bytes.first().is_some_and(|first| *first >= 0x80) { &[0] } else { &[] };
    der(INTEGER, &[sign, bytes].concat())
}

/// X.690 section 8.1.
fn der(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let digits = &length[length.iter().position(|byte| *byte > 0).unwrap_or(length.len() - 1)..];
    let mut whole = vec![tag];
    if contents.len() >= 0x80 {
        whole.push(0x80 + u8::try_from(digits.len()).expect("a few"));
    }
    [&whole, digits, contents].concat()
}

fn pem(label: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(label, der))
}
