//! The malleable twin of an ECDSA signature: where (r, s) verifies, so does (r, n - s).

use super::Algorithm;

const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P256K1_ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
const P384_ORDER: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf\
                          581a0db248b0a77aecec196accc52973";
const P521_ORDER: &str = "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
                          a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409";

/// The other signature that verifies wherever `signature` does, for algorithms that have one.
pub(crate) fn twin_signature(algorithm: Algorithm, signature: &[u8]) -> Option<Vec<u8>> {
    let order = match algorithm {
        Algorithm::Es256 => P256_ORDER,
        Algorithm::Es256k => P256K1_ORDER,
        Algorithm::Es384 => P384_ORDER,
        Algorithm::Es512 => P521_ORDER,
        _ => return None,
    };
    let (r, s) = signature.split_at_checked(order.len() / 2)?;
    let mut twin = r.to_vec();
    twin.extend(subtract(order, s)?);
    Some(twin)
}

/// `order - s`, both big-endian and equally long; signatures are public, so time may vary.
fn subtract(order: &str, s: &[u8]) -> Option<Vec<u8>> {
    let mut difference = vec![0; s.len()];
    let mut borrow = 0_i16;
    for index in (0..s.len()).rev() {
        let digit = u8::from_str_radix(order.get(2 * index..2 * index + 2)?, 16).ok()?;
        let value = i16::from(digit) - i16::from(s[index]) - borrow;
        borrow = i16::from(value < 0);
        difference[index] = u8::try_from(value.rem_euclid(256)).ok()?;
    }
    (borrow == 0).then_some(difference)
}
