//! Where the engine's results differ from the published ones, and why.

pub(crate) struct Difference {
    pub(crate) file: &'static str,
    /// The vectors, by their `tcId`.
    pub(crate) vectors: &'static [u32],
    /// What the vectors test, and the engine's result.
    pub(crate) what: &'static str,
    pub(crate) why: &'static str,
}

pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        file: "json_web_key_test",
        vectors: &[1],
        what: "a set of keys with a secret and a public key in it: accepted, published as to be refused",
        why: "a service that changes from HS256 to ES256 needs both for a while; each key has one algorithm, so neither \
              passes for the other",
    },
    Difference {
        file: "json_web_key_test",
        vectors: &[7],
        what: "an RSA key whose primes can be found, by the fault called ROCA (CVE-2017-15361): accepted",
        why: "it comes from certain chips, and whoever generates keys with one has to replace it; RSA keys are checked \
              for their size and exponent only",
    },
    Difference {
        file: "json_web_signature_test",
        vectors: &[346, 350],
        what: "a token of PS384 with a key whose `alg` is PS256: refused, published as valid",
        why: "a key verifies the one algorithm that it is for (RFC 8725 section 3.1)",
    },
    Difference {
        file: "json_web_signature_test",
        vectors: &[367, 370],
        what: "a token with padding, as their comments say: accepted, published as invalid",
        why: "the strings have no padding; vector 357 is the same string, published as valid",
    },
    Difference {
        file: "json_web_signature_test",
        vectors: &[372, 373],
        what: "a character that is not base64url, in the header and in the payload: refused, published as valid",
        why: "RFC 7515 section 2 allows no other characters, and the tag is that of the string without the character",
    },
];

/// The reason for vectors that can't run, because the engine lacks the feature.
pub(crate) const WAITING: &str = "The engine reads keys as secrets and as PEM. What these vectors test can be expressed only \
    in a JWK: that the key may not sign, which algorithm it is for, or a key labelled as another kind.";
