//! Only the cryptographic operation, by the engine's library, over the token's signing input.

use std::hint::black_box;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, ParsedPublicKey};

use crate::token::{Algorithm, SECRET};

const RSA_2048_BYTES: usize = 256;

enum Key {
    Hmac(Box<hmac::Key>),
    Rsa(RsaKeyPair, &'static dyn signature::RsaEncoding, ParsedPublicKey),
    Ecdsa(EcdsaKeyPair, ParsedPublicKey),
    Ed25519(Ed25519KeyPair, ParsedPublicKey),
}

pub fn sign(algorithm: Algorithm, signing_input: &str) -> impl FnMut() + use<> {
    let key = Key::new(algorithm);
    let message = signing_input.as_bytes().to_vec();
    move || {
        key.sign(&message, |signature| _ = black_box(signature));
    }
}

pub fn verify(algorithm: Algorithm, signing_input: &str) -> impl FnMut() + use<> {
    let key = Key::new(algorithm);
    let message = signing_input.as_bytes().to_vec();
    let signature = key.sign(&message, <[u8]>::to_vec);
    move || key.verify(&message, &signature)
}

impl Key {
    fn new(algorithm: Algorithm) -> Self {
        use signature as sig;
        if algorithm == Algorithm::Hs256 {
            return Self::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes())));
        }
        let (private, public) = algorithm.pem();
        let der = |armoured: &str| pem::parse(armoured).expect("PEM").into_contents();
        let (private, public) = (der(private), der(public));
        let parsed = |verification: &'static dyn sig::VerificationAlgorithm| {
            ParsedPublicKey::new(verification, &public).expect("a public key")
        };
        let rsa = || RsaKeyPair::from_pkcs8(&private).expect("an RSA key");
        match algorithm {
            Algorithm::Hs256 => unreachable!("it has returned"),
            Algorithm::Rs256 => {
                Self::Rsa(rsa(), &sig::RSA_PKCS1_SHA256, parsed(&sig::RSA_PKCS1_2048_8192_SHA256))
            }
            Algorithm::Ps256 => {
                Self::Rsa(rsa(), &sig::RSA_PSS_SHA256, parsed(&sig::RSA_PSS_2048_8192_SHA256))
            }
            Algorithm::Es256 => Self::Ecdsa(
                EcdsaKeyPair::from_pkcs8(&sig::ECDSA_P256_SHA256_FIXED_SIGNING, &private)
                    .expect("an EC key"),
                parsed(&sig::ECDSA_P256_SHA256_FIXED),
            ),
            Algorithm::EdDsa => Self::Ed25519(
                Ed25519KeyPair::from_pkcs8(&private).expect("an Ed25519 key"),
                parsed(&sig::ED25519),
            ),
        }
    }

    fn sign<T>(&self, message: &[u8], then: impl FnOnce(&[u8]) -> T) -> T {
        let random = SystemRandom::new();
        match self {
            Self::Hmac(key) => then(hmac::sign(key, message).as_ref()),
            Self::Rsa(pair, encoding, _) => {
                let mut signature = [0; RSA_2048_BYTES];
                pair.sign(*encoding, &random, message, &mut signature).expect("a signature");
                then(&signature)
            }
            Self::Ecdsa(pair, _) => {
                then(pair.sign(&random, message).expect("a signature").as_ref())
            }
            Self::Ed25519(pair, _) => then(pair.try_sign(message).expect("a signature").as_ref()),
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) {
        match self {
            Self::Hmac(key) => hmac::verify(key, message, signature),
            Self::Rsa(.., public) | Self::Ecdsa(_, public) | Self::Ed25519(_, public) => {
                public.verify_sig(message, signature)
            }
        }
        .expect("a signature");
    }
}
