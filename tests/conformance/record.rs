//! docs/conformance.md, whose sections are written by the tests that they report.

use std::path::Path;

/// Compares a section of the document with what the test has to say, or writes it there where `WRITE_CONFORMANCE` is
/// set. `record.py` does the same for tests in Python.
///
/// # Panics
///
/// When the document says something else, or has no such section.
pub(crate) fn record(section: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
    let document = std::fs::read_to_string(&path).expect("docs/conformance.md");
    let begin = format!("<!-- {section}: `make conformance-table` writes this -->\n");
    let (before, rest) = document.split_once(&begin).expect("where the section begins");
    let (there, after) = rest.split_once("<!-- end -->\n").expect("where the section ends");
    let text = format!("\n{}\n\n", text.trim());
    if std::env::var_os("WRITE_CONFORMANCE").is_some() {
        let written = format!("{before}{begin}{text}<!-- end -->\n{after}");
        std::fs::write(&path, written).expect("docs/conformance.md");
    } else {
        assert!(there == text, "docs/conformance.md says otherwise: `make conformance-table`");
    }
}
