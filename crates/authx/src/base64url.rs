//! Base64url without padding (RFC 7515 section 2), strict: every byte sequence has exactly one encoding.

use std::mem::MaybeUninit;

use base64_simd::{Out, URL_SAFE_NO_PAD};

/// Appends the encoding of `bytes`.
pub(super) fn encode_into(bytes: &[u8], encoded: &mut String) {
    URL_SAFE_NO_PAD.encode_append(bytes, encoded);
}

/// The maximum number of bytes that `text_length` characters decode to.
pub(super) fn decoded_length(text_length: usize) -> usize {
    text_length / 4 * 3 + text_length % 4
}

/// Decodes into `buffer`, which holds at least [`decoded_length`] bytes. `None` for padding, spaces,
/// the standard alphabet, an impossible length, and spare bits that are not zero.
pub(super) fn decode<'b>(encoded: &[u8], buffer: &'b mut [MaybeUninit<u8>]) -> Option<&'b [u8]> {
    let decoded = URL_SAFE_NO_PAD.decode(encoded, Out::from_uninit_slice(buffer)).ok()?;
    Some(decoded)
}

/// Decodes into a new vector.
pub(super) fn decode_to_vec(encoded: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode_to_vec(encoded).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(bytes: &[u8]) -> String {
        let mut encoded = String::new();
        encode_into(bytes, &mut encoded);
        encoded
    }

    proptest! {
        #[test]
        fn what_was_encoded_decodes_to_the_same_bytes(bytes: Vec<u8>) {
            let encoded = encode(&bytes);
            let mut buffer = vec![MaybeUninit::uninit(); decoded_length(encoded.len())];
            prop_assert_eq!(decode(encoded.as_bytes(), &mut buffer), Some(bytes.as_slice()));
        }

        #[test]
        fn every_accepted_string_encodes_to_itself(encoded in "[A-Za-z0-9_=+/ -]{0,40}") {
            if let Some(bytes) = decode_to_vec(encoded.as_bytes()) {
                prop_assert_eq!(encode(&bytes), encoded);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(encoded: Vec<u8>) {
            let mut buffer = vec![MaybeUninit::uninit(); decoded_length(encoded.len())];
            let _ = decode(&encoded, &mut buffer);
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for encoded in
            ["Zg==", "Zh", "Z", "Zm9v\n", " Zm9v", "Zm9v=", "+/+/", "Zm\09v", "Zm9vY", "Zm9"]
        {
            assert_eq!(decode_to_vec(encoded.as_bytes()), None, "{encoded:?}");
        }
        assert_eq!(decode_to_vec(b""), Some(Vec::new()));
        assert_eq!(decode_to_vec(b"Zg"), Some(b"f".to_vec()));
    }
}
