//! Base64url without padding (RFC 7515 section 2), strict: every byte sequence has exactly one encoding.

use std::mem::MaybeUninit;

use base64_simd::{Out, URL_SAFE_NO_PAD};

/// Appends the encoding of `bytes`.
pub(super) fn encode_into(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_append(bytes, text);
}

/// The maximum number of bytes that `text_length` characters decode to.
pub(super) fn decoded_length(text_length: usize) -> usize {
    text_length / 4 * 3 + text_length % 4
}

/// Decodes into `buffer`, which holds at least [`decoded_length`] bytes. `None` for padding, spaces,
/// the standard alphabet, an impossible length, and spare bits that are not zero.
pub(super) fn decode<'b>(text: &[u8], buffer: &'b mut [MaybeUninit<u8>]) -> Option<&'b [u8]> {
    let decoded = URL_SAFE_NO_PAD.decode(text, Out::from_uninit_slice(buffer)).ok()?;
    Some(decoded)
}

/// Decodes into a new vector.
pub(super) fn decode_to_vec(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode_to_vec(text).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(bytes: &[u8]) -> String {
        let mut text = String::new();
        encode_into(bytes, &mut text);
        text
    }

    proptest! {
        #[test]
        fn what_was_encoded_decodes_to_the_same_bytes(bytes: Vec<u8>) {
            let text = encode(&bytes);
            let mut buffer = vec![MaybeUninit::uninit(); decoded_length(text.len())];
            prop_assert_eq!(decode(text.as_bytes(), &mut buffer), Some(bytes.as_slice()));
        }

        #[test]
        fn every_accepted_text_encodes_to_itself(text in "[A-Za-z0-9_=+/ -]{0,40}") {
            if let Some(bytes) = decode_to_vec(text.as_bytes()) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(text: Vec<u8>) {
            let mut buffer = vec![MaybeUninit::uninit(); decoded_length(text.len())];
            let _ = decode(&text, &mut buffer);
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in
            ["Zg==", "Zh", "Z", "Zm9v\n", " Zm9v", "Zm9v=", "+/+/", "Zm\09v", "Zm9vY", "Zm9"]
        {
            assert_eq!(decode_to_vec(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(decode_to_vec(b""), Some(Vec::new()));
        assert_eq!(decode_to_vec(b"Zg"), Some(b"f".to_vec()));
    }
}
