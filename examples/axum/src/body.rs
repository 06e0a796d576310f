//! Checks the fields of JSON bodies, with FastAPI's answers to invalid ones.

use std::ops::RangeInclusive;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A body of the type `T`. An invalid one is answered with status 422 and a list of all errors.
pub(crate) struct Body<T>(pub(crate) T);

pub(crate) trait FromFields {
    /// Reads every field. If one is invalid, the result is discarded.
    fn from_fields(fields: &mut Fields) -> Self;
}

impl<S: Send + Sync, T: FromFields> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let is_json = is_json(&request);
        let bytes =
            Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let mut fields = Fields::of(&bytes, is_json);
        let body = T::from_fields(&mut fields);
        if fields.wrong.is_empty() { Ok(Self(body)) } else { Err(answer(&fields.wrong)) }
    }
}

/// The fields of a body, if it is a JSON object, and the errors that were found.
pub(crate) struct Fields {
    fields: Option<Map<String, Value>>,
    wrong: Vec<Wrong>,
}

impl Fields {
    fn of(bytes: &[u8], is_json: bool) -> Self {
        let at = || vec![json!("body")];
        let body = if bytes.is_empty() {
            Err(Wrong::new("missing", at(), "Field required", Value::Null))
        } else if is_json {
            serde_json::from_slice(bytes).map_err(|error| Wrong::invalid_json(bytes, &error))
        } else {
            Ok(Value::String(String::from_utf8_lossy(bytes).into_owned()))
        };
        match body {
            Ok(Value::Object(fields)) => Self { fields: Some(fields), wrong: Vec::new() },
            Ok(other) => {
                let words = "Input should be a valid dictionary or object to extract fields from";
                let wrong = Wrong::new("model_attributes_type", at(), words, other);
                Self { fields: None, wrong: vec![wrong] }
            }
            Err(wrong) => Self { fields: None, wrong: vec![wrong] },
        }
    }

    /// The string in this field. A missing field, another type, and a length in characters outside of `length` are
    /// errors.
    pub(crate) fn string(&mut self, name: &str, length: RangeInclusive<usize>) -> String {
        let Some(fields) = &self.fields else { return String::new() };
        let at = vec![json!("body"), json!(name)];
        let (min, max) = length.into_inner();
        let wrong = match fields.get(name) {
            None => Wrong::new("missing", at, "Field required", Value::Object(fields.clone())),
            Some(Value::String(string)) => match string.chars().count() {
                length if length < min => Wrong {
                    ctx: Some(json!({ "min_length": min })),
                    ..Wrong::new(
                        "string_too_short",
                        at,
                        format!("String should have at least {min} characters"),
                        json!(string),
                    )
                },
                length if length > max => Wrong {
                    ctx: Some(json!({ "max_length": max })),
                    ..Wrong::new(
                        "string_too_long",
                        at,
                        format!("String should have at most {max} characters"),
                        json!(string),
                    )
                },
                _ => return string.clone(),
            },
            Some(other) => {
                Wrong::new("string_type", at, "Input should be a valid string", other.clone())
            }
        };
        self.wrong.push(wrong);
        String::new()
    }
}

/// One error of a request, as FastAPI reports it.
#[derive(Serialize)]
pub(crate) struct Wrong {
    r#type: &'static str,
    loc: Vec<Value>,
    msg: String,
    input: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    ctx: Option<Value>,
}

impl Wrong {
    pub(crate) fn new(
        r#type: &'static str,
        loc: Vec<Value>,
        msg: impl Into<String>,
        input: Value,
    ) -> Self {
        Self { r#type, loc, msg: msg.into(), input, ctx: None }
    }

    fn invalid_json(bytes: &[u8], error: &serde_json::Error) -> Self {
        let before =
            bytes.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
        let offset = before.map(<[u8]>::len).sum::<usize>() + error.column();
        Self {
            ctx: Some(json!({ "error": error.to_string() })),
            ..Self::new(
                "json_invalid",
                vec![json!("body"), json!(offset)],
                "JSON decode error",
                json!({}),
            )
        }
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        answer(&[self])
    }
}

fn answer(detail: &[Wrong]) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(Answer { detail })).into_response()
}

#[derive(Serialize)]
struct Answer<'a> {
    detail: &'a [Wrong],
}

/// `application/json`, and any type whose name ends in `+json` (RFC 6839 section 3.1).
fn is_json(request: &Request) -> bool {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.unwrap_or_default().split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    let subtype = essence.strip_prefix("application/");
    subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}
