//! Settings from environment variables.

use authx::Config;

use crate::shared::check_silence;

/// The bytes are lines of `NAME=VALUE`.
pub(crate) fn settings(data: &[u8]) {
    let Ok(data) = std::str::from_utf8(data) else { return };
    let variables: Vec<(&str, &str)> =
        data.lines().filter_map(|line| line.split_once('=')).collect();
    let built =
        Config::builder().variables(variables.iter().copied()).and_then(|builder| builder.build());
    match built {
        Ok(config) => {
            let shown = format!("{config:?}");
            check_keys(&variables, &shown);
            let again = Config::builder().variables(variables.iter().copied()).expect("as before");
            assert_eq!(format!("{:?}", again.build().expect("as before")), shown);
        }
        Err(error) => {
            let shown = format!("{error} {error:?}");
            assert!(error.to_string().contains("JWT_"), "names no setting: {error}");
            check_keys(&variables, &shown);
        }
    }
}

fn check_keys(variables: &[(&str, &str)], shown: &str) {
    for (_, value) in variables.iter().filter(|(name, _)| name.to_ascii_uppercase().contains("KEY"))
    {
        check_silence(shown, value.as_bytes());
    }
}
