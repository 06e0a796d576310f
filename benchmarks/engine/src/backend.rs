//! Both cryptography backends of the crate `jsonwebtoken` in one process.

use std::sync::atomic::{AtomicBool, Ordering};

use jsonwebtoken::crypto::{CryptoProvider, KeyUtils, aws_lc, rust_crypto};

#[derive(Clone, Copy, PartialEq)]
pub enum Backend {
    AwsLc,
    RustCrypto,
}

impl Backend {
    /// Selects the backend for the following calls. A process can install one provider only, so the installed one
    /// delegates to the selected backend, which costs about a nanosecond.
    pub fn select(self) {
        RUST_CRYPTO.store(self == Self::RustCrypto, Ordering::Relaxed);
    }

    fn selected() -> &'static CryptoProvider {
        if RUST_CRYPTO.load(Ordering::Relaxed) {
            &rust_crypto::DEFAULT_PROVIDER
        } else {
            &aws_lc::DEFAULT_PROVIDER
        }
    }

    /// Must be called once, before the first token.
    pub fn install_switch() {
        SWITCH.install_default().expect("the first to install a provider");
    }
}

static RUST_CRYPTO: AtomicBool = AtomicBool::new(false);

static SWITCH: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| (Backend::selected().signer_factory)(algorithm, key),
    verifier_factory: |algorithm, key| (Backend::selected().verifier_factory)(algorithm, key),
    key_utils: KeyUtils::new_unimplemented(),
};
