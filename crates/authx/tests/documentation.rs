//! The reference in docs/ agrees with the engine.

use std::collections::BTreeSet;

use authx::answer::ErrorType;

const ERRORS: &str = include_str!("../../../docs/errors.md");

/// The cells of each row of the table of errors, without backticks and footnote marks.
fn rows() -> impl Iterator<Item = Vec<String>> {
    let cell = |cell: &str| cell.replace(['`', '¹', '²'], "").trim().to_owned();
    ERRORS
        .lines()
        .filter(|line| line.starts_with("| `") && !line.starts_with("| `error_type`"))
        .map(move |line| line.trim_matches('|').split('|').map(cell).collect())
}

#[test]
fn the_table_of_errors_agrees_with_the_engine() {
    for error_type in ErrorType::ALL {
        let row = rows().find(|row: &Vec<String>| row[0] == error_type.as_str());
        let row = row.unwrap_or_else(|| panic!("{error_type} has no row"));
        assert_eq!(row[1], error_type.status(401).to_string(), "{error_type}");
        if let Some(message) = error_type.message() {
            assert_eq!(row[2], message, "{error_type}");
        }
        let challenge = error_type.challenge().unwrap_or("none");
        assert_eq!(row[3], challenge, "{error_type}");
    }
}

#[test]
fn the_table_of_errors_lists_nothing_else() {
    let known: BTreeSet<_> = ErrorType::ALL.map(|error_type| error_type.to_string()).into();
    let listed: BTreeSet<_> =
        rows().filter(|row| !row[1].is_empty()).map(|row| row[0].clone()).collect();
    assert_eq!(listed, known);
}
