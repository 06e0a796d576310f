//! Looks on while `serde_json` writes an object: whether its names are such that nobody need read them again.

use std::io::{Result, Write};

use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

/// What was noticed.
pub(super) struct NameWatch<R> {
    is_reserved: R,
    depth: u32,
    in_name: bool,
    outlines: [Outline; MOST_NAMES],
    count: usize,
    is_unremarkable: bool,
}

/// How long a name is and how it begins. Names that differ in it are different.
type Outline = (usize, u64);

impl<R: Fn(&str) -> bool> NameWatch<R> {
    pub(super) fn new(is_reserved: R) -> Self {
        let outlines = [(0, 0); MOST_NAMES];
        Self { is_reserved, depth: 0, in_name: false, outlines, count: 0, is_unremarkable: true }
    }

    /// Whether the outermost names are few, free and surely different, and nothing was written that was not looked at.
    pub(super) fn is_unremarkable(&self) -> bool {
        self.is_unremarkable
    }

    fn enter(&mut self) {
        self.depth += 1;
        self.is_unremarkable &= self.depth < MOST_DEEP;
    }

    fn notice(&mut self, name: &str) {
        let outline = outline(name);
        let is_new = !self.outlines[..self.count.min(MOST_NAMES)].contains(&outline);
        match self.outlines.get_mut(self.count) {
            Some(free) if is_new && !(self.is_reserved)(name) => *free = outline,
            _ => self.is_unremarkable = false,
        }
        self.count += 1;
    }
}

fn outline(name: &str) -> Outline {
    let mut beginning = [0; 8];
    for (own, byte) in beginning.iter_mut().zip(name.bytes()) {
        *own = byte;
    }
    (name.len(), u64::from_le_bytes(beginning))
}

/// Compact JSON, under watch.
pub(super) struct Watched<'w, R>(pub(super) &'w mut NameWatch<R>);

impl<R: Fn(&str) -> bool> Formatter for Watched<'_, R> {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.0.enter();
        CompactFormatter.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.0.depth -= 1;
        CompactFormatter.end_object(writer)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.0.enter();
        CompactFormatter.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.0.depth -= 1;
        CompactFormatter.end_array(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        self.0.in_name = self.0.depth == 1;
        CompactFormatter.begin_object_key(writer, first)
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.0.in_name = false;
        CompactFormatter.end_object_key(writer)
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> Result<()> {
        if self.0.in_name {
            self.0.notice(fragment);
        }
        CompactFormatter.write_string_fragment(writer, fragment)
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> Result<()> {
        // The fragments beside it are no names of their own.
        self.0.is_unremarkable &= !self.0.in_name;
        CompactFormatter.write_char_escape(writer, escape)
    }

    fn write_raw_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> Result<()> {
        self.0.is_unremarkable = false;
        CompactFormatter.write_raw_fragment(writer, fragment)
    }
}

/// More names than almost any token has of its own.
const MOST_NAMES: usize = 8;
/// Well below what parsers of JSON follow.
const MOST_DEEP: u32 = 64;
