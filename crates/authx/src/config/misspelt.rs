//! Recognises names of variables that are probably meant for a setting.

use super::SETTING_NAMES;

/// The warning about an environment variable that begins with `JWT_` and is no setting, with the setting whose name is
/// nearest. `None` where no setting is near: the variable may belong to another program.
///
/// ```
/// use authx::config::misspelt;
///
/// assert_eq!(
///     misspelt("jwt_secert_key").as_deref(),
///     Some("JWT_SECERT_KEY is not a setting, so it has no effect: is JWT_SECRET_KEY meant?"),
/// );
/// assert_eq!(misspelt("JWT_SECRET_KEY"), None);
/// assert_eq!(misspelt("JWT_GATEWAY_URL"), None);
/// ```
#[must_use]
pub fn misspelt(name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    let nearest = nearest(&name)?;
    Some(format!("{name} is not a setting, so it has no effect: is {nearest} meant?"))
}

const PREFIX: &str = "JWT_";

/// A misspelling has at most this many letters more, fewer or other than the name.
const MOST_TYPING_ERRORS: usize = 3;

/// Longer names are those of no setting, and comparing letters takes the product of two lengths.
const LONGEST_NAME: usize = 64;

fn nearest(name: &str) -> Option<&'static str> {
    let given = name.strip_prefix(PREFIX).filter(|_| name.len() <= LONGEST_NAME)?;
    if given.is_empty() || SETTING_NAMES.contains(&name) {
        return None;
    }
    let settings =
        || SETTING_NAMES.iter().filter_map(|&name| Some((name, name.strip_prefix(PREFIX)?)));
    let by_letters = settings()
        .map(|(name, setting)| (typing_errors(given, setting), name))
        .min_by_key(|(errors, _)| *errors)
        .filter(|(errors, _)| *errors <= MOST_TYPING_ERRORS.min(given.len() / 3));
    let by_words = || {
        settings()
            .filter_map(|(name, setting)| Some((missing_words(given, setting)?, name)))
            .min_by_key(|(missing, _)| *missing)
            .filter(|(missing, _)| *missing <= 1)
    };
    by_letters.or_else(by_words).map(|(_, name)| name)
}

/// How many words of the setting are missing, if the name has no other words. They may be in another order, and be
/// shortened.
fn missing_words(name: &str, setting: &str) -> Option<usize> {
    let mut words: Vec<&str> = setting.split('_').collect();
    for given in name.split('_') {
        let at = words.iter().position(|word| given.len() >= 3 && word.starts_with(given))?;
        words.swap_remove(at);
    }
    Some(words.len())
}

/// How many letters have to be inserted, deleted, replaced or swapped with the next one (the optimal string alignment).
fn typing_errors(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut next = vec![row + 1; other.len() + 1];
        for (column, compared) in other.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != compared);
            let mut least = replaced.min(last[column + 1] + 1).min(next[column] + 1);
            let swapped =
                row > 0 && column > 0 && one[row - 1] == *compared && *letter == other[column - 1];
            if swapped {
                least = least.min(before[column - 1] + 1);
            }
            next[column + 1] = least;
        }
        before = std::mem::replace(&mut last, next);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_lead_to_the_nearest_setting() {
        for (given, setting) in [
            ("JWT_SECERT_KEY", Some("JWT_SECRET_KEY")),
            ("JWT_SECRET", Some("JWT_SECRET_KEY")),
            ("JWT_SECRETKEY", Some("JWT_SECRET_KEY")),
            ("JWT_ALGORITM", Some("JWT_ALGORITHM")),
            ("JWT_ALG", Some("JWT_ALGORITHM")),
            ("JWT_TOKEN_LOCATIONS", Some("JWT_TOKEN_LOCATION")),
            ("JWT_COOKIE_HTTPONLY", Some("JWT_COOKIE_HTTP_ONLY")),
            ("JWT_COOKIE_SAME_SITE", Some("JWT_COOKIE_SAMESITE")),
            ("JWT_ACCESS_EXPIRES", Some("JWT_ACCESS_TOKEN_EXPIRES")),
            ("JWT_COOKIE_ACCESS_NAME", Some("JWT_ACCESS_COOKIE_NAME")),
            ("JWT_ACCES_TOKEN_EXPIRE", Some("JWT_ACCESS_TOKEN_EXPIRES")),
            ("JWT_SECRET_KEY", None),
            ("JWT_", None),
            ("JWT_X", None),
            ("JWT_GATEWAY_URL", None),
            ("JWT_BLOCKLIST_PATH", None),
            ("SECRET_KEY", None),
            ("J\u{fc}T_SECRET_KEY", None),
        ] {
            assert_eq!(nearest(given), setting, "{given}");
        }
        assert_eq!(nearest(&format!("JWT_{}", "SECRET_".repeat(1_000_000))), None);
    }

    #[test]
    fn a_letter_that_is_missing_added_changed_or_swapped_is_one_error() {
        for (given, errors) in
            [("SECRET", 0), ("SECRT", 1), ("SECCRET", 1), ("SEKRET", 1), ("SECERT", 1), ("", 6)]
        {
            assert_eq!(typing_errors(given, "SECRET"), errors, "{given}");
        }
    }
}
