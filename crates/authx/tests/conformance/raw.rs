//! Vectors of signatures and HMAC tags over bytes.

use authx::{Algorithm, Key};

use crate::report::Report;
use crate::wycheproof::{File, Group, Published, Vector, bytes};

pub(crate) fn run(algorithm: &str, file: &File, report: &mut Report) {
    let algorithm: Algorithm = algorithm.parse().expect("an algorithm");
    for group in &file.test_groups {
        for vector in &group.tests {
            let key = key_of(algorithm, group, vector);
            let accepted = key.verify(&bytes(&vector.msg), &bytes(&vector.sig));
            report.enter(file, vector, published(algorithm, group, vector), accepted);
        }
    }
}

fn key_of(algorithm: Algorithm, group: &Group, vector: &Vector) -> Key {
    match &group.public_key_pem {
        Some(pem) => Key::from_public_pem(algorithm, pem),
        // Some secrets are shorter than their hash; these vectors test only the tag.
        None => Key::from_weak_secret(algorithm, bytes(&vector.key)),
    }
    .expect("a key")
}

/// JWS allows only tags of full length (RFC 7518 section 3.2), so a truncated tag must be refused.
fn published(algorithm: Algorithm, group: &Group, vector: &Vector) -> Published {
    let whole = match algorithm {
        Algorithm::Hs256 => 256,
        Algorithm::Hs384 => 384,
        Algorithm::Hs512 => 512,
        _ => return vector.result,
    };
    if group.tag_size < whole { Published::Invalid } else { vector.result }
}
