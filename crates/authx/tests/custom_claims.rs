//! Types of custom claims that swallow errors: what they swallow is refused all the same.

use std::fmt;

use authx::error::Malformed;
use authx::token::CustomClaims;
use authx::{Error, Requirement, Verified};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

mod support;
use support::{NOW, access, engine, now, sign};

/// The whole value, or the default where it doesn't deserialize.
#[derive(Clone, Debug, PartialEq, Default)]
struct Whole {
    team: u32,
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Inner {
            team: u32,
        }

        Ok(Inner::deserialize(deserializer)
            .map_or_else(|_| Self::default(), |inner| Self { team: inner.team }))
    }
}

/// The number of names that were read; it goes on after errors of names and of values.
#[derive(Clone, Debug, PartialEq)]
struct GoingOn(u32);

impl<'de> Deserialize<'de> for GoingOn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = GoingOn;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GoingOn, A::Error> {
                let mut count = 0;
                for _ in 0..100 {
                    match map.next_key::<String>() {
                        Ok(None) => break,
                        Ok(Some(_)) => count += 1,
                        Err(_) => {}
                    }
                    let _ = map.next_value::<IgnoredAny>();
                }
                Ok(GoingOn(count))
            }
        }

        deserializer.deserialize_map(Names)
    }
}

/// Reads one name, no value, and stops.
#[derive(Clone, Debug, PartialEq)]
struct FirstName(Option<String>);

impl<'de> Deserialize<'de> for FirstName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct First;

        impl<'de> Visitor<'de> for First {
            type Value = FirstName;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FirstName, A::Error> {
                Ok(FirstName(map.next_key().unwrap_or_default()))
            }
        }

        deserializer.deserialize_map(First)
    }
}

fn custom<C: CustomClaims>(payload: &str) -> Result<C, Error> {
    let token = sign(r#"{"alg":"HS256","typ":"JWT"}"#, payload);
    let token = access(&token);
    let verified = engine().verify::<C>(&token, &Requirement::access(), now());
    verified.map(Verified::without_asking).map(|claims| claims.custom)
}

/// An access token's payload with these fields before its registered claims, and those after them.
fn payload(before: &str, after: &str) -> String {
    format!(r#"{{{before}"sub":"ada","type":"access","exp":{}{after}}}"#, NOW + 60)
}

#[test]
fn a_fault_of_the_payload_is_reported_although_the_custom_type_swallows_errors() {
    let malformed = [
        ("a custom claim twice", payload(r#""a":1,"a":2,"#, ""), Malformed::Payload),
        ("the second time at the end", payload(r#""a":1,"#, r#","a":2"#), Malformed::Payload),
        ("escaped", payload(r#""a":1,"\u0061":2,"#, ""), Malformed::Payload),
        ("a key twice in an object", payload(r#""a":{"b":1,"b":2},"#, ""), Malformed::Payload),
        ("a number that no double holds", payload(r#""a":1e400,"#, ""), Malformed::Payload),
        ("half a pair of surrogates", payload(r#""a":"\ud800","#, ""), Malformed::Payload),
        ("a value that is no JSON", payload(r#""a":nul,"#, ""), Malformed::Payload),
        ("something after the object", payload("", "") + "x", Malformed::Payload),
        ("no end", payload("", ",\"a\":1").replace('}', ""), Malformed::Payload),
        ("sub twice", payload("", r#","sub":"eve""#), Malformed::Claim("sub")),
        ("sub twice, first", payload(r#""sub":"eve","#, ""), Malformed::Claim("sub")),
        (
            "exp is a string",
            payload("", "").replace(":18", ":\"18").replace('}', "\"}"),
            Malformed::Claim("exp"),
        ),
        ("aud is a number", payload(r#""aud":1,"#, ""), Malformed::Claim("aud")),
        ("nbf is an array, last", payload(r#""a":1,"#, r#","nbf":[]"#), Malformed::Claim("nbf")),
    ];
    for (what, payload, expected) in malformed {
        let refused = Error::from(expected);
        assert_eq!(custom::<Whole>(&payload).unwrap_err(), refused, "{what}: the whole value");
        assert_eq!(custom::<GoingOn>(&payload).unwrap_err(), refused, "{what}: goes on");
        assert_eq!(custom::<FirstName>(&payload).unwrap_err(), refused, "{what}: the first name");
        assert_eq!(custom::<()>(&payload).unwrap_err(), refused, "{what}: none");
    }
}

#[test]
fn an_error_of_the_custom_type_is_its_own_to_swallow() {
    let usual = payload(r#""team":7,"#, r#","plan":"free""#);
    assert_eq!(custom::<Whole>(&usual), Ok(Whole { team: 7 }));
    assert_eq!(custom::<GoingOn>(&usual), Ok(GoingOn(2)));
    assert_eq!(custom::<FirstName>(&usual), Ok(FirstName(Some("team".to_owned()))));

    let other_type = payload(r#""team":"seven","#, r#","plan":"free""#);
    assert_eq!(custom::<Whole>(&other_type), Ok(Whole::default()));
}

/// A registered claim that a type repeats is passed to it once, and is checked as for every other type.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Repeating {
    sub: String,
    exp: u64,
    iat: Option<f64>,
    team: u32,
}

#[test]
fn a_type_that_repeats_registered_claims_gets_them_and_switches_no_check_off() {
    let engine = engine();
    let exp = NOW + 60;
    let verify = |payload: &str| {
        let token = sign(r#"{"alg":"HS256","typ":"JWT"}"#, payload);
        let token = access(&token);
        engine
            .verify::<Repeating>(&token, &Requirement::access(), now())
            .map(Verified::without_asking)
    };
    let payload = format!(r#"{{"sub":"ada","type":"access","exp":{exp},"team":7}}"#);
    let claims = verify(&payload).expect("claims");
    let repeated = Repeating {
        sub: "ada".into(),
        exp: u64::try_from(exp).expect("positive"),
        iat: None,
        team: 7,
    };
    assert_eq!((claims.sub.as_str(), claims.custom), ("ada", repeated));

    let expired = payload.replace(&exp.to_string(), "7");
    assert_eq!(verify(&expired).expect_err("expired"), Error::Expired);
    for (payload, malformed) in [
        (payload.replace(r#""team""#, r#""sub":"eve","team""#), Malformed::Claim("sub")),
        (payload.replace(r#""ada""#, "7"), Malformed::Claim("sub")),
        (payload.replace(r#""team""#, r#""iat":"7","team""#), Malformed::Claim("iat")),
        (payload.replace(r#""team":7"#, r#""team":7,"team":7"#), Malformed::Payload),
    ] {
        assert_eq!(verify(&payload).expect_err(&payload), Error::Malformed(malformed), "{payload}");
    }
    let misfit = verify(&payload.replace(r#""team":7"#, r#""team":"seven""#));
    assert!(matches!(misfit, Err(Error::UnexpectedClaims { .. })), "{misfit:?}");
}
