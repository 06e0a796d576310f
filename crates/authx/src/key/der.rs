//! The little of DER (X.690) that says what a key is. The cryptography library parses and checks the key itself.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// The tag of an explicitly tagged field.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Reads elements one after the other.
#[derive(Clone, Copy)]
pub(super) struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    pub(super) fn new(bytes: &'d [u8]) -> Self {
        Self(bytes)
    }

    /// The content of the next element, if it has this tag.
    pub(super) fn content(&mut self, tag: u8) -> Option<&'d [u8]> {
        match element(self.0)? {
            (found, content, rest) if found == tag => {
                self.0 = rest;
                Some(content)
            }
            _ => None,
        }
    }

    /// The elements of the next element, if it has this tag.
    pub(super) fn inner(&mut self, tag: u8) -> Option<Self> {
        self.content(tag).map(Self)
    }

    /// The next element as a whole, with its tag and length.
    pub(super) fn whole(&mut self, tag: u8) -> Option<&'d [u8]> {
        let before = self.0;
        self.content(tag)?;
        before.get(..before.len() - self.0.len())
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'d [u8] {
        self.0
    }
}

/// The tag and the content of the first DER element, and what follows it (X.690 section 8.1).
pub(super) fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, length, rest @ ..] = bytes else { return None };
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x84 => {
            let (octets, rest) = rest.split_at_checked(usize::from(length - 0x80))?;
            (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// Writes an element.
pub(super) fn written(tag: u8, content: &[u8]) -> Vec<u8> {
    let octets = content.len().to_be_bytes();
    let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len() - 1);
    let length = &octets[first..];
    let mut element = vec![tag];
    if let [short @ 0..=0x7f] = length {
        element.push(*short);
    } else {
        // At most eight octets.
        element.push(0x80 | u8::try_from(length.len()).unwrap_or(0x7f));
        element.extend(length);
    }
    element.extend(content);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_ends_where_its_length_says() {
        assert_eq!(element(&[0x30, 0x02, 1, 2, 3]), Some((0x30, &[1, 2][..], &[3][..])));
        assert_eq!(element(&[0x30, 0x81, 0x01, 9]), Some((0x30, &[9][..], &[][..])));
        assert_eq!(element(&[0x30, 0x82, 0x00, 0x01, 9]), Some((0x30, &[9][..], &[][..])));
        for malformed in
            [&[][..], &[0x30], &[0x30, 2, 1], &[0x30, 0x80], &[0x30, 0x85, 0, 0, 0, 0, 0]]
        {
            assert_eq!(element(malformed), None, "{malformed:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let element = written(INTEGER, &content);
            let mut reader = Reader::new(&element);
            assert_eq!(reader.content(INTEGER), Some(&content[..]), "{length}");
            assert_eq!(reader.rest(), b"");
        }
        assert_eq!(written(INTEGER, &[1]), [2, 1, 1]);
        assert_eq!(written(SEQUENCE, &[0; 200])[..3], [0x30, 0x81, 200]);
    }
}
