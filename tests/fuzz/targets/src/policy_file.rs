//! Policy files, as TOML and as JSON.

use authx::policy::{AttributeValues, Policy, PolicyContext, PolicyFileError};
use serde_json::json;

pub(crate) fn policy_file(data: &[u8]) {
    let Ok(file) = std::str::from_utf8(data) else { return };
    check(file, Policy::from_toml(file, "rules.toml"));
    check(file, Policy::from_json(file, "rules.json"));
}

fn check(file: &str, read: Result<Policy, PolicyFileError>) {
    match read {
        Ok(policy) => {
            let values = AttributeValues::default()
                .subject(json!({"id": "ada", "age": 36}))
                .resource(json!({"owner": "ada", "tags": ["a", 1, null]}));
            for (action, resource) in [("read", "article:1"), ("", ""), ("*", "*")] {
                let context = PolicyContext::new(action, resource, &values);
                let (once, again) = (policy.decide(&context), policy.decide(&context));
                assert_eq!(format!("{once:?}"), format!("{again:?}"));
            }
        }
        Err(error) => {
            assert!((1..=1 + file.matches('\n').count()).contains(&error.line), "{error}");
            assert!(!error.problem.is_empty());
        }
    }
}
