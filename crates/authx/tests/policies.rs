//! Policies: what rules decide, and how policy files are read.

use authx::policy::{
    AttributePath, AttributeValues, Policy, PolicyCondition, PolicyContext, PolicyDecision,
    PolicyEffect, PolicyEvaluation, PolicyOperator, PolicyRule, PolicySource, PolicyStep,
};
use authx::rate_limit::ClientAddress;
use authx::token::JsonClaims;
use authx::{
    Config, Engine, Error, Location, NewToken, RequestToken, RequiredScopes, Requirement, Secret,
    SystemRandom, Timestamp, TokenKind,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn allow<E>() -> PolicyRule<E> {
    PolicyRule::new(PolicyEffect::Allow, ["*"], ["*"])
}

fn deny<E>() -> PolicyRule<E> {
    PolicyRule::new(PolicyEffect::Deny, ["*"], ["*"])
}

fn decide(policy: &Policy) -> PolicyDecision {
    policy.decide(&PolicyContext::new("read", "documents:1", &AttributeValues::default()))
}

#[test]
fn without_a_rule_that_applies_the_default_decides() {
    let decision = decide(&Policy::new([]));
    assert_eq!((decision.allowed, decision.rule), (false, None));
    assert_eq!(decision.reason, "No policy rule matched");

    let decision = decide(&Policy::with_evaluators([], [], true));
    assert_eq!((decision.allowed, decision.rule), (true, None));
    assert_eq!(decision.reason, "No policy rule matched; default allow");
}

#[test]
fn a_deny_rule_overrides_allow_rules_in_any_order() {
    for rules in [vec![allow(), deny()], vec![deny(), allow()]] {
        let decision = decide(&Policy::new(rules));
        assert_eq!(
            (decision.allowed, decision.reason.as_str()),
            (false, "Policy rule deny matched")
        );
        let error = decision.into_result().expect_err("denied");
        assert_eq!((error.error_type(), error.kind().status(401)), ("PolicyDeniedError", 403));
        assert_eq!(error, Error::PolicyDenied { reason: "Policy rule deny matched".to_owned() });
    }
}

#[test]
fn an_integer_of_more_than_64_bits_is_compared_with_nothing_and_names_its_rule() {
    let number = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let decide = |operator, value: Value, account: Value| {
        let condition = PolicyCondition::new(PolicySource::Resource, "account", operator, value);
        let policy: Policy = Policy::new([allow(), deny().condition(condition)]);
        let attributes =
            AttributeValues::default().resource(json!({"account": account, "other": 1}));
        policy.decide(&PolicyContext::new("read", "documents:1", &attributes))
    };
    use PolicyOperator::{Equals, Exists, Gt, In, NotEquals};
    for text in ["18446744073709551616", "-9223372036854775809", "1e30", "[18446744073709551617]"] {
        for operator in [Equals, NotEquals, In, Gt] {
            for decision in
                [decide(operator, number(text), json!(7)), decide(operator, json!(7), number(text))]
            {
                assert_eq!(
                    (decision.allowed, decision.rule),
                    (false, Some(1)),
                    "{operator} {text}"
                );
                let fault = decision.fault.clone().expect("a fault").to_string();
                assert!(fault.starts_with("rules[1]: resource.account, or what"), "{fault}");
                assert!(fault.contains("more than 64 bits") && !fault.contains(text), "{fault}");
                let error = decision.into_result().expect_err("a fault");
                assert_eq!(error.error_type(), "PolicyEvaluationError");
            }
        }
        assert_eq!(decide(Exists, Value::Null, number(text)).fault, None);
        let file = format!(
            r#"{{"rules": [{{"effect": "deny", "actions": ["*"], "resources": ["*"], "conditions": [
                {{"source": "token", "key": "account", "operator": "in", "value": [1, {text}]}}]}}]}}"#
        );
        let error = Policy::<&str>::from_json(&file, "p.json").expect_err(text).to_string();
        assert!(error.starts_with("p.json, line 2: rules[0].conditions[0]"), "{error}");
        assert!(error.ends_with("a number of at most 64 bits is expected"), "{error}");
    }
    for text in ["18446744073709551615", "-9223372036854775808", "9007199254740993", "0.5"] {
        assert!(!decide(Equals, number(text), number(text)).allowed, "{text}");
        let decision = decide(Equals, number(text), json!(9_007_199_254_740_992_u64));
        assert_eq!((decision.allowed, decision.fault), (true, None), "{text}");
    }
}

#[test]
fn of_allow_rules_the_last_one_that_applies_gives_the_reason() {
    let decision = decide(&Policy::new([allow().reason("first"), allow().reason("last")]));
    assert_eq!((decision.reason.as_str(), decision.rule), ("last", Some(1)));
}

#[test]
fn a_rule_with_scopes_applies_to_tokens_that_have_them() {
    let policy: Policy =
        Policy::new([allow().scopes(RequiredScopes::all(["documents:read", "audit"]))]);
    let nothing = AttributeValues::default();
    let context = PolicyContext::new("read", "documents:1", &nothing);
    assert!(!policy.decide(&context).allowed, "no token");
    let granted = ["documents:*".to_owned(), "audit".to_owned()];
    assert!(policy.decide(&context.scopes(&granted)).allowed);
    assert!(!policy.decide(&context.scopes(&granted[..1])).allowed);
}

/// Decides, where the evaluators in `yes` answer yes, and returns which evaluators were asked.
fn decide_asking<'p>(
    policy: &'p Policy<&'static str>,
    yes: &[&str],
) -> (PolicyDecision, Vec<(&'p str, usize)>) {
    let nothing = AttributeValues::default();
    let mut evaluation: PolicyEvaluation<&'static str> =
        policy.evaluate(&PolicyContext::new("read", "documents:1", &nothing));
    let mut asked = Vec::new();
    loop {
        let (evaluator, rule) = match evaluation.step() {
            PolicyStep::Ask { evaluator, rule } => (*evaluator, rule),
            PolicyStep::Decided(decision) => return (decision, asked),
        };
        asked.push((evaluator, rule));
        evaluation.answer(yes.contains(&evaluator));
    }
}

#[test]
fn every_evaluator_must_agree_to_an_allow_rule() {
    let rules = [allow().evaluator("own")];
    let policy = Policy::with_evaluators(rules, ["global"], false);
    assert!(decide_asking(&policy, &["own", "global"]).0.allowed);
    assert!(!decide_asking(&policy, &["own"]).0.allowed);
    assert!(!decide_asking(&policy, &["global"]).0.allowed);
    assert_eq!(decide_asking(&policy, &["global", "own"]).1, [("global", 0), ("own", 0)]);
}

#[test]
fn a_global_evaluator_can_not_switch_a_deny_rule_off() {
    let policy = Policy::with_evaluators([allow(), deny()], ["global"], true);
    let (decision, asked) = decide_asking(&policy, &[]);
    assert_eq!((decision.allowed, decision.rule), (false, Some(1)));
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn a_deny_rule_applies_only_if_its_evaluator_agrees() {
    let policy = Policy::new([deny().evaluator("own"), allow()]);
    assert!(decide_asking(&policy, &[]).0.allowed);
    assert!(!decide_asking(&policy, &["own"]).0.allowed);
}

#[test]
fn an_answer_after_the_decision_changes_nothing() {
    let policy = Policy::new([deny().evaluator("own"), allow()]);
    let nothing = AttributeValues::default();
    let mut evaluation = policy.evaluate(&PolicyContext::new("read", "x", &nothing));
    evaluation.answer(true);
    evaluation.answer(false);
    evaluation.answer(false);
    assert!(matches!(
        evaluation.step(),
        PolicyStep::Decided(PolicyDecision { allowed: false, .. })
    ));
}

fn attribute_equals(path: &str, value: &Value, attributes: &AttributeValues) -> bool {
    PolicyCondition::new(PolicySource::Resource, path, PolicyOperator::Equals, value.clone())
        .matches(attributes)
}

#[test]
fn a_dotted_key_finds_a_nested_attribute_or_one_with_dots_in_its_name() {
    let attributes = AttributeValues::default().resource(json!({
        "owner": {"name": "ada"}, "owner.name": "not this", "https://example.com/role": "editor",
    }));
    assert!(attribute_equals("owner.name", &json!("ada"), &attributes));
    assert!(attribute_equals("https://example.com/role", &json!("editor"), &attributes));
    assert!(attribute_equals("owner.name.first", &Value::Null, &attributes), "nothing there");
    assert_eq!(AttributePath::from("a.b").as_str(), "a.b");
}

#[test]
fn claims_and_circumstances_are_attributes() {
    let secret = Secret::from("a secret of at least thirty-two bytes");
    let config = Config::builder().secret_key(secret).session_tracking(true);
    let engine = Engine::new(config.build().expect("settings"));
    let now = Timestamp::from_seconds(1_795_488_721).expect("an instant");
    let token = NewToken::access("ada").scopes(["a"]).session("s1");
    let token = token.claims(json!({"team": {"id": 7}}));
    let token = engine.issue(&token, now, &SystemRandom).expect("a token");
    let found = RequestToken::new(&token, TokenKind::Access, Location::Headers);
    let claims = engine
        .verify::<JsonClaims>(&found, &Requirement::access(), now)
        .map(authx::Verified::without_asking)
        .expect("valid");
    let attributes = AttributeValues::of_claims(&claims)
        .environment(json!({"region": "eu", "method": "PUT"}))
        .request(now, "GET", "/documents/1", ClientAddress::of_host("192.0.2.1").as_ref());

    for (source, key, value) in [
        (PolicySource::Subject, "sub", json!("ada")),
        (PolicySource::Subject, "scopes", json!(["a"])),
        (PolicySource::Token, "type", json!("access")),
        (PolicySource::Token, "iat", json!(1_795_488_721)),
        (PolicySource::Token, "team.id", json!(7)),
        (PolicySource::Token, "sid", json!("s1")),
        (PolicySource::Token, "login_type", json!(null)),
        (PolicySource::Environment, "time", json!("2026-11-24T02:52:01.000000Z")),
        (PolicySource::Environment, "hour", json!(2)),
        (PolicySource::Environment, "weekday", json!(1)),
        (PolicySource::Environment, "path", json!("/documents/1")),
        (PolicySource::Environment, "client_ip", json!("192.0.2.1")),
        (PolicySource::Environment, "region", json!("eu")),
        (PolicySource::Environment, "method", json!("PUT")),
    ] {
        let condition = PolicyCondition::new(source, key, PolicyOperator::Equals, value);
        assert!(condition.matches(&attributes), "{condition:?} in {attributes:?}");
    }
}

#[test]
fn toml_and_json_read_alike() {
    let toml = r#"
        default_allow = true

        [[rules]]
        effect = "deny"
        actions = ["write", "delete:*"]
        resources = ["documents:*"]
        scopes = ["a", "b"]
        all_scopes_required = false
        reason = "No"

        [[rules.conditions]]
        source = "subject"
        key = "level"
        operator = "in"
        value = [1, 2.5, true, "x", { y = 1 }]

        [[rules.conditions]]
        source = "token"
        key = "sub"
        value = "ada"
    "#;
    let json = json!({
        "default_allow": true,
        "rules": [{
            "effect": "deny",
            "actions": ["write", "delete:*"],
            "resources": ["documents:*"],
            "scopes": ["a", "b"],
            "all_scopes_required": false,
            "reason": "No",
            "conditions": [
                {"source": "subject", "key": "level", "operator": "in", "value": [1, 2.5, true, "x", {"y": 1}]},
                {"source": "token", "key": "sub", "value": "ada"},
            ],
        }],
    });
    let expected: PolicyRule =
        PolicyRule::new(PolicyEffect::Deny, ["write", "delete:*"], ["documents:*"])
            .condition(PolicyCondition::new(
                PolicySource::Subject,
                "level",
                PolicyOperator::In,
                json!([1, 2.5, true, "x", {"y": 1}]),
            ))
            .condition(PolicyCondition::new(
                PolicySource::Token,
                "sub",
                PolicyOperator::Equals,
                "ada",
            ))
            .scopes(RequiredScopes::any(["a", "b"]))
            .reason("No");

    let from_toml: Policy = Policy::from_toml(toml, "p.toml").expect("a policy");
    let from_json: Policy = Policy::from_json(&json.to_string(), "p.json").expect("a policy");
    assert_eq!(from_toml.rules(), [expected]);
    assert_eq!(from_json.rules(), from_toml.rules());
    assert!(from_toml.default_allow() && from_json.default_allow());
}

const RULE: &str = "[[rules]]\neffect = 'allow'\nactions = ['*']\nresources = ['*']\n";

#[test]
fn an_error_in_toml_names_file_line_and_key() {
    for (rest, line, expected) in [
        ("efect = 'deny'", 5, "`efect`"),
        ("scopes = [1]", 5, "rules[0].scopes[0]"),
        ("reason = 1", 5, "rules[0].reason"),
        ("actions = ['x']", 5, "duplicate key"),
        ("x = [", 5, "array"),
        (
            "[[rules.conditions]]\nsource = 'user'\nkey = 'a'\nvalue = 1",
            6,
            "unsupported policy source 'user'",
        ),
        (
            "[[rules.conditions]]\nsource = 'user'\nkey = 'a'\nvalue = 1",
            6,
            "rules[0].conditions[0].source",
        ),
        (
            "conditions = [{ source = 'token', key = 'a', operator = 'is', value = 1 }]",
            5,
            "'is', expected one of",
        ),
        ("conditions = [\n{ source = 'token', key = '', value = 1 }]", 6, "conditions[0].key"),
        ("conditions = [\n{ source = 'token', key = 'a' }]", 6, "equals takes a value"),
        (
            "conditions = [\n{ source = 'token', key = 'a', operator = 'in', value = 'b' }]",
            6,
            "in takes an array",
        ),
        (
            "conditions = [\n{ source = 'token', key = 'a', operator = 'gt', value = true }]",
            6,
            "gt takes a number or a string",
        ),
        (
            "conditions = [\n{ source = 'token', key = 'a', operator = 'exists', value = true }]",
            6,
            "exists takes no value",
        ),
        ("conditions = [\n{ source = 'token', key = 'a', value = nan }]", 6, "finite"),
        (
            "conditions = [\n{ source = 'token', key = 'a', value = 2026-01-01 }]",
            6,
            "written as a string",
        ),
        (
            "[[rules]]\neffect = 'permit'\nactions = ['*']\nresources = ['*']",
            6,
            "rules[1].effect: unsupported policy effect 'permit'",
        ),
        (
            "[[rules]]\neffect = 'deny'\nactions = []\nresources = ['*']",
            7,
            "rules[1].actions: at least one",
        ),
        ("[[rules]]\neffect = 'deny'\nresources = ['*']", 5, "missing field `actions`"),
    ] {
        let error = Policy::<&str>::from_toml(&format!("{RULE}{rest}"), "p.toml").expect_err(rest);
        let message = error.to_string();
        assert!(message.starts_with(&format!("p.toml, line {line}: ")), "{rest}\n{message}");
        assert!(message.contains(expected), "{rest}\n{message}");
    }
}

#[test]
fn an_error_in_json_names_file_line_and_key() {
    for (json, line, expected) in [
        (
            "{\n\"rules\": [\n{\"effect\": \"permit\"}]}",
            3,
            "rules[0].effect: unsupported policy effect 'permit'",
        ),
        ("{\n\"rule\": []}", 2, "`rule`"),
        ("{\n", 2, "EOF"),
        ("{}\n{}", 2, "trailing characters"),
        ("{\"rules\": [], \"rules\": []}", 1, "duplicate field"),
    ] {
        let error = Policy::<&str>::from_json(json, "p.json").expect_err(json).to_string();
        assert!(error.starts_with(&format!("p.json, line {line}: ")), "{json}\n{error}");
        assert!(error.contains(expected) && !error.contains("column"), "{json}\n{error}");
    }
}

#[test]
fn null_is_a_value_in_json() {
    let text = r#"{"rules": [{"effect": "allow", "actions": ["*"], "resources": ["*"],
        "conditions": [{"source": "resource", "key": "owner", "value": null}]}]}"#;
    let policy: Policy = Policy::from_json(text, "p.json").expect("a policy");
    assert!(decide(&policy).allowed, "there is no owner");
}

#[test]
fn the_example_of_the_documentation_decides_as_it_says() {
    let text = include_str!("../../../docs/policies.md");
    let (_, rest) = text.split_once("```toml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    let policy: Policy = Policy::from_toml(example, "docs/policies.md").expect("a policy");
    let granted = ["documents:read".to_owned()];
    for (action, scopes, subject, document, expected) in [
        ("read", true, "ada", json!({"owner": "bob"}), (true, "Policy rule allow matched")),
        ("read", false, "ada", json!({"owner": "bob"}), (false, "No policy rule matched")),
        ("write", true, "ada", json!({"owner": "ada"}), (false, "No policy rule matched")),
        (
            "write",
            true,
            "ada",
            json!({"department": "finance"}),
            (true, "Policy rule allow matched"),
        ),
        (
            "write",
            true,
            "ada",
            json!({"department": "finance", "archived": true}),
            (false, "The document is archived"),
        ),
    ] {
        let attributes = AttributeValues::default()
            .subject(json!({"sub": subject, "department": "finance"}))
            .resource(document);
        let context = PolicyContext::new(action, "documents:7", &attributes);
        let context = if scopes { context.scopes(&granted) } else { context };
        let decision = policy.decide(&context);
        assert_eq!(
            (decision.allowed, decision.reason.as_str()),
            expected,
            "{action} {attributes:?}"
        );
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // A larger number is none that conditions compare.
        (-1e18_f64..1e19).prop_map(Value::from),
        "[a-c.]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[a-c.]{0,2}", inner, 0..4)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

fn condition() -> impl Strategy<Value = PolicyCondition> {
    let sources = proptest::sample::select(PolicySource::ALL.to_vec());
    let operators = proptest::sample::select(PolicyOperator::ALL.to_vec());
    (sources, "[a-c.]{0,4}", operators, value()).prop_map(|(source, key, operator, value)| {
        PolicyCondition::new(source, key, operator, value)
    })
}

fn rule() -> impl Strategy<Value = PolicyRule> {
    let effect = prop_oneof![Just(PolicyEffect::Allow), Just(PolicyEffect::Deny)];
    let pattern = || proptest::collection::vec("(\\*|[ab](:[ab*]){0,2})", 0..3);
    (effect, pattern(), pattern(), proptest::collection::vec(condition(), 0..2)).prop_map(
        |(effect, actions, resources, conditions)| {
            conditions
                .into_iter()
                .fold(PolicyRule::new(effect, actions, resources), PolicyRule::condition)
        },
    )
}

proptest! {
    #[test]
    fn a_decision_follows_from_each_rule_alone(
        rules in proptest::collection::vec(rule(), 0..5),
        action in "[ab](:[ab]){0,2}",
        resource in "[ab](:[ab]){0,2}",
        subject in value(),
        token in value(),
        default_allow: bool,
    ) {
        let attributes = AttributeValues::default().subject(subject).environment(token);
        let context = PolicyContext::new(&action, &resource, &attributes);
        let applies = |rule: &PolicyRule, effect| {
            // With this one rule, it decides if it applies, and the default is the opposite of its effect.
            let alone = Policy::with_evaluators([rule.clone()], [], effect == PolicyEffect::Deny);
            rule.effect() == effect && alone.decide(&context).rule == Some(0)
        };
        let denied = rules.iter().any(|rule| applies(rule, PolicyEffect::Deny));
        let allowed = rules.iter().any(|rule| applies(rule, PolicyEffect::Allow));

        let decision = Policy::with_evaluators(rules, [], default_allow).decide(&context);
        prop_assert_eq!(decision.allowed, !denied && (allowed || default_allow));
        prop_assert_eq!(decision.rule.is_none(), !denied && !allowed);
    }

    #[test]
    fn a_negative_operator_is_the_opposite_of_its_positive_one(
        key in "[a-c.]{0,4}", value in value(), found in value(),
    ) {
        let attributes = AttributeValues::default().subject(found);
        let holds = |operator| {
            PolicyCondition::new(PolicySource::Subject, key.clone(), operator, value.clone())
                .matches(&attributes)
        };
        prop_assert_ne!(holds(PolicyOperator::Equals), holds(PolicyOperator::NotEquals));
        prop_assert_ne!(holds(PolicyOperator::In), holds(PolicyOperator::NotIn));
        prop_assert!(!(holds(PolicyOperator::Gt) && holds(PolicyOperator::Lte)));
        prop_assert_eq!(
            holds(PolicyOperator::Gte) && holds(PolicyOperator::Lte),
            holds(PolicyOperator::Gte) && holds(PolicyOperator::Equals)
        );
    }

    #[test]
    fn no_contents_of_a_file_panic(text in "(\\[\\[rules\\]\\]|[a-z_]+ = |[\\[\\]{}'\"0-9.:,\n é-]|\\PC){0,40}") {
        for result in [Policy::<&str>::from_toml(&text, "f"), Policy::from_json(&text, "f")] {
            if let Err(error) = result {
                prop_assert!(error.line >= 1 && error.line <= text.matches('\n').count() + 1);
            }
        }
    }
}
