//! Bytes looked at eight at a time, as one number: what makes up most of a payload is texts and digits.

/// Whether a text is the same between quotes in JSON (RFC 8259 section 7).
pub(super) fn is_plain(text: &str) -> bool {
    first_special(text.as_bytes()).is_none()
}

/// Where the first byte is that ends a plain text: a quote, a backslash or a control character.
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

/// The number that eight digits are: two, four and then eight of them put together.
#[inline(always)]
pub(super) fn eight_digits(bytes: [u8; 8]) -> Option<u64> {
    let digits = u64::from_le_bytes(bytes) ^ (ONES * u64::from(b'0'));
    // To at most 9, which a digit is, 118 can be added below the highest bit.
    if (digits | digits.wrapping_add(ONES * 118)) & HIGHEST != 0 {
        return None;
    }
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

/// Has the highest bit of the first byte below `bound`, and of no byte before it. What follows it doesn't count.
#[inline(always)]
fn less(word: u64, bound: u64) -> u64 {
    word.wrapping_sub(ONES * bound) & !word
}

/// Likewise of the first byte that is `byte`.
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
        fn eight_digits_are_the_number_that_they_are(number in 0_u64..100_000_000) {
            let text = format!("{number:08}");
            prop_assert_eq!(eight_digits(text.as_bytes().try_into().expect("eight")), Some(number));
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
