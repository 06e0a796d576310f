//! The reference in docs/ says what the engine does.

use std::collections::BTreeSet;

use authx::Answer;

const ERRORS: &str = include_str!("../../../docs/errors.md");

/// The cells of each row of the table of errors, without the marks of code and of footnotes.
fn rows() -> impl Iterator<Item = Vec<String>> {
    let cell = |cell: &str| cell.replace(['`', '¹', '²'], "").trim().to_owned();
    ERRORS
        .lines()
        .filter(|line| line.starts_with("| `") && !line.starts_with("| `error_type`"))
        .map(move |line| line.trim_matches('|').split('|').map(cell).collect())
}

#[test]
fn the_table_of_errors_is_the_engines() {
    for answer in Answer::all(422) {
        let row = rows().find(|row: &Vec<String>| row[0] == answer.error_type);
        let row = row.unwrap_or_else(|| panic!("{} has no row", answer.error_type));
        assert_eq!(row[1], answer.status.to_string(), "{}", answer.error_type);
        if let Some(message) = answer.message {
            assert_eq!(row[2], message, "{}", answer.error_type);
        }
        let with_401 = Answer::of_type(answer.error_type, 401).expect("the same answer");
        let challenge = with_401.www_authenticate.unwrap_or("none");
        assert_eq!(row[3], challenge, "{}", answer.error_type);
    }
}

#[test]
fn the_table_of_errors_lists_nothing_else() {
    let known: BTreeSet<_> = Answer::all(422).map(|answer| answer.error_type.to_owned()).collect();
    let listed: BTreeSet<_> =
        rows().filter(|row| !row[1].is_empty()).map(|row| row[0].clone()).collect();
    assert_eq!(listed, known);
}
