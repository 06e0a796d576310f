//! Scopes, asked for and granted.

use authx::RequiredScopes;

/// The bytes are lines: the scopes that are asked for, an empty line, the scopes that are granted.
pub(crate) fn scopes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (required, granted) = text.split_once("\n\n").unwrap_or((text, ""));
    let lines = |text: &str| -> Vec<String> {
        text.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let (required, granted) = (lines(required), lines(granted));

    let all = RequiredScopes::all(&required).are_met_by(&granted);
    let each = |scope: &String| RequiredScopes::all([scope]).are_met_by(&granted);
    assert_eq!(all, required.iter().all(each), "all are met where each is");
    if !required.is_empty() {
        let any = RequiredScopes::any(&required).are_met_by(&granted);
        assert_eq!(any, required.iter().any(each), "any is met where one is");
    }

    for scope in &required {
        let met = each(scope);
        if granted.contains(scope) {
            assert!(met, "what is granted by its own name is granted");
        }
        let without_wildcards =
            !scope.contains('*') && granted.iter().all(|scope| !scope.contains('*'));
        if without_wildcards {
            assert_eq!(met, granted.contains(scope), "without wildcards names are compared");
        }
        let mut more = granted.clone();
        more.push("something else".to_owned());
        more.reverse();
        if met {
            assert!(
                RequiredScopes::all([scope]).are_met_by(&more),
                "more rights are no fewer, in any order"
            );
        }
    }
    assert!(
        required.is_empty() || !RequiredScopes::all(&required).are_met_by(&[]),
        "nothing grants nothing"
    );
}
