//! Scopes, required and granted.

use authx::RequiredScopes;

/// The bytes are lines: the required scopes, an empty line, the granted scopes.
pub(crate) fn scopes(data: &[u8]) {
    let Ok(data) = std::str::from_utf8(data) else { return };
    let (required, granted) = data.split_once("\n\n").unwrap_or((data, ""));
    let lines = |block: &str| -> Vec<String> {
        block.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let (required, granted) = (lines(required), lines(granted));

    let all = RequiredScopes::all(&required).are_met_by(&granted);
    let each = |scope: &String| RequiredScopes::all([scope]).are_met_by(&granted);
    assert_eq!(all, required.iter().all(each), "all are met if each of them is");
    if !required.is_empty() {
        let any = RequiredScopes::any(&required).are_met_by(&granted);
        assert_eq!(any, required.iter().any(each), "any is met if one of them is");
    }

    for scope in &required {
        let met = each(scope);
        if granted.contains(scope) {
            assert!(met, "a granted scope meets itself");
        }
        let without_wildcards =
            !scope.contains('*') && granted.iter().all(|scope| !scope.contains('*'));
        if without_wildcards {
            assert_eq!(met, granted.contains(scope), "without wildcards, scopes have to be equal");
        }
        let mut more = granted.clone();
        more.push("something else".to_owned());
        more.reverse();
        if met {
            assert!(
                RequiredScopes::all([scope]).are_met_by(&more),
                "another scope, or another order, takes no right away"
            );
        }
    }
    assert!(
        required.is_empty() || !RequiredScopes::all(&required).are_met_by(&[]),
        "without granted scopes no requirement is met"
    );
}
