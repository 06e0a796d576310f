//! Durations as strings: seconds, a number with a unit, `HH:MM:SS` as Python writes a `timedelta`, and ISO 8601.

use std::time::Duration;

/// Parses `900`, `15m`, `00:15:00`, `2 days, 00:15:00` or `PT15M`.
pub(super) fn parse(string: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds(string)?).ok()
}

/// Writes a duration as [`parse`] reads it: `P20D`, `PT15M`, `PT1H30M`, and `0`.
pub(super) fn write(duration: Duration) -> String {
    let part = |number: f64, unit: char| match number {
        0.0 => String::new(),
        number => format!("{number}{unit}"),
    };
    let whole = duration.as_secs();
    let seconds = (duration - Duration::from_secs(whole / 60 * 60)).as_secs_f64();
    let days = part((whole / 86_400) as f64, 'D');
    let hours = part((whole / 3_600 % 24) as f64, 'H');
    let minutes = part((whole / 60 % 60) as f64, 'M');
    let clock = hours + &minutes + &part(seconds, 'S');
    match (days.as_str(), clock.as_str()) {
        ("", "") => "0".to_owned(),
        (days, "") => format!("P{days}"),
        (days, clock) => format!("P{days}T{clock}"),
    }
}

/// Seconds, a number with one of the units `s`, `m`, `h`, `d` and `w`, `[D days, ]HH:MM:SS`, or ISO 8601's
/// `P[nD]T[nH][nM][nS]`.
fn seconds(string: &str) -> Option<f64> {
    if let Ok(seconds) = string.parse::<f64>() {
        return seconds.is_finite().then_some(seconds);
    }
    if let Some(designators) = string.strip_prefix('P') {
        return iso_seconds(designators);
    }
    if let Some(seconds) = with_unit(string) {
        return Some(seconds);
    }
    let (days, clock) = match string.split_once(['d', ' ']) {
        Some((days, rest)) => (
            days.trim().parse::<u32>().ok()?,
            rest.trim_start_matches(|c| !char::is_ascii_digit(&c)),
        ),
        None => (0, string),
    };
    let mut seconds = 0.0;
    let mut parts = 0;
    for part in clock.split(':') {
        seconds =
            f64::mul_add(seconds, 60.0, part.parse::<f64>().ok().filter(|part| *part >= 0.0)?);
        parts += 1;
    }
    (parts == 3).then(|| f64::from(days).mul_add(86_400.0, seconds))
}

fn with_unit(string: &str) -> Option<f64> {
    let seconds = match string.chars().last()? {
        's' => 1.0,
        'm' => 60.0,
        'h' => 3_600.0,
        'd' => 86_400.0,
        'w' => 604_800.0,
        _ => return None,
    };
    let number = string[..string.len() - 1].trim_end();
    // Not `inf` and `1e3`: a number as people write it.
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    number.parse::<f64>().ok().filter(|_| is_plain).map(|number| number * seconds)
}

fn iso_seconds(designators: &str) -> Option<f64> {
    let mut seconds = 0.0;
    let mut number = String::new();
    let mut in_time = false;
    let mut any = false;
    for character in designators.chars() {
        let unit = match (character, in_time) {
            ('0'..='9' | '.', _) => {
                number.push(character);
                continue;
            }
            ('T', false) if number.is_empty() => {
                in_time = true;
                continue;
            }
            ('W', false) => 604_800.0,
            ('D', false) => 86_400.0,
            ('H', true) => 3_600.0,
            ('M', true) => 60.0,
            ('S', true) => 1.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit;
        number.clear();
        any = true;
    }
    (any && number.is_empty()).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_they_are_read() {
        for (seconds, string) in [
            (0.0, "0"),
            (0.5, "PT0.5S"),
            (30.0, "PT30S"),
            (900.0, "PT15M"),
            (93_784.5, "P1DT2H3M4.5S"),
            (1_728_000.0, "P20D"),
        ] {
            let duration = Duration::from_secs_f64(seconds);
            assert_eq!(write(duration), string);
            assert_eq!(parse(string), Some(duration), "{string}");
        }
    }
}
