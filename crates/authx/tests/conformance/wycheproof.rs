//! The format of Wycheproof's files.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// The folder of the files. Without the folder, as in the published crate, prints a note and returns `None`.
///
/// # Panics
///
/// If the folder is missing in CI.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/wycheproof");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "there are no vectors in {}", folder.display());
    eprintln!("skipped: there are no vectors in {}", folder.display());
    None
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct File {
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) number_of_tests: usize,
    pub(crate) test_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    /// A JWK or a set of them.
    #[serde(default)]
    pub(crate) public: Value,
    /// The same with the private half, or with secrets.
    #[serde(default)]
    pub(crate) private: Value,
    #[serde(default)]
    pub(crate) public_key_pem: Option<String>,
    /// In bits.
    #[serde(default)]
    pub(crate) tag_size: usize,
    pub(crate) tests: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Vector {
    pub(crate) tc_id: u32,
    pub(crate) comment: String,
    pub(crate) result: Published,
    /// A compact JWS, or a JSON serialization of one.
    #[serde(default)]
    pub(crate) jws: Value,
    /// In hexadecimal, like `msg` and `sig`.
    #[serde(default)]
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) msg: String,
    #[serde(default, alias = "tag")]
    pub(crate) sig: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Published {
    Valid,
    Invalid,
    /// Either result is right.
    Acceptable,
}

impl File {
    pub(crate) fn read(folder: &Path, name: &str) -> Self {
        let json = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("a file");
        let mut file: Self = serde_json::from_str(&json).expect("a file of vectors");
        name.clone_into(&mut file.name);
        file
    }
}

/// The bytes of a hexadecimal string.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| std::str::from_utf8(pair).expect("ASCII"))
        .map(|pair| u8::from_str_radix(pair, 16).expect("base 16"))
        .collect()
}
