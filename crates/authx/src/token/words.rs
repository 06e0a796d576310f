//! Scans eight bytes at a time as one number, because most of a payload is strings.

/// Whether a string needs no escapes in JSON (RFC 8259 section 7).
pub(super) fn is_plain(text: &str) -> bool {
    first_special(text.as_bytes()).is_none()
}

/// The index of the first byte that ends a plain string: a quote, a backslash or a control character.
#[inline(always)]
pub(super) fn first_special(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let special = (equal(word, b'"') | equal(word, b'\\') | less(word, 0x20)) & HIGHEST;
        if special != 0 {
            return Some(index * 8 + special.trailing_zeros() as usize / 8);
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    Some(words.len() * 8 + rest.iter().position(is_special)?)
}

/// Sets the highest bit of the first byte below `bound`, and of no byte before it. Later bytes may be wrong.
#[inline(always)]
fn less(word: u64, bound: u64) -> u64 {
    word.wrapping_sub(ONES * bound) & !word
}

/// Likewise for the first byte equal to `byte`.
#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    less(word ^ (ONES * u64::from(byte)), 1)
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHEST: u64 = ONES << 7;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_special_byte_is_found(bytes: Vec<u8>) {
            let expected = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            prop_assert_eq!(first_special(&bytes), expected);
        }
    }
}
