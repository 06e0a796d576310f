//! Writes the sections of docs/conformance.md: each test writes the section with its results.

use std::path::Path;

/// Compares a section of the document with the results of a test, or writes them there if `WRITE_CONFORMANCE` is
/// set. `record.py` does the same for tests in Python.
///
/// # Panics
///
/// When the document has other results, or no such section.
pub(crate) fn record(section: &str, results: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
    let document = std::fs::read_to_string(&path).expect("docs/conformance.md");
    let begin = format!("<!-- {section}: `make conformance-table` writes this -->\n");
    let (before, rest) = document.split_once(&begin).expect("the section begins");
    let (there, after) = rest.split_once("<!-- end -->\n").expect("the section ends");
    let results = format!("\n{}\n\n", results.trim());
    if std::env::var_os("WRITE_CONFORMANCE").is_some() {
        let written = format!("{before}{begin}{results}<!-- end -->\n{after}");
        std::fs::write(&path, written).expect("docs/conformance.md");
    } else {
        assert!(there == results, "docs/conformance.md is stale: run `make conformance-table`");
    }
}
