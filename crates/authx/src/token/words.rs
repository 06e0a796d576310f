//! Scans eight bytes at a time as one number, because most of a payload is strings and digits.

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

/// The value of eight ASCII digits: combined in pairs, then fours, then all eight. `None` if a byte is no digit.
#[inline(always)]
pub(super) fn eight_digits(bytes: [u8; 8]) -> Option<u64> {
    let digits = u64::from_le_bytes(bytes) ^ (ONES * u64::from(b'0'));
    // A digit is at most 9, so adding 118 leaves the highest bit of its byte clear.
    if (digits | digits.wrapping_add(ONES * 118)) & HIGHEST != 0 {
        return None;
    }
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
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

        #[test]
        fn eight_digits_have_the_value_that_they_spell(number in 0_u64..100_000_000) {
            let digits = format!("{number:08}");
            prop_assert_eq!(eight_digits(digits.as_bytes().try_into().expect("eight")), Some(number));
        }

        #[test]
        fn eight_bytes_are_digits_only_if_each_is_one(bytes: [u8; 8], nearly in "[/-:]{8}") {
            for bytes in [bytes, nearly.as_bytes().try_into().expect("eight")] {
                let digits = bytes.iter().all(u8::is_ascii_digit);
                prop_assert_eq!(eight_digits(bytes).is_some(), digits);
            }
        }
    }
}
