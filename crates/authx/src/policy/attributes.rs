//! What conditions look at: the attributes of subject, resource, environment and token.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::named::named;
use crate::client_address::ClientAddress;
use crate::time::Timestamp;
use crate::token::{Claims, JsonClaims, is_registered};

/// Which attributes a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicySource {
    /// Who acts.
    Subject,
    /// What is acted upon.
    Resource,
    /// The circumstances, such as the hour.
    Environment,
    /// The claims of the token.
    Token,
}

impl PolicySource {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Subject, Self::Resource, Self::Environment, Self::Token];

    /// The name in files and in Python.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Resource => "resource",
            Self::Environment => "environment",
            Self::Token => "token",
        }
    }
}

named!(PolicySource, "source");

/// What a policy is asked: may this be done to that, and by whom.
#[derive(Clone, Copy)]
pub struct PolicyContext<'a> {
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    pub(super) scopes: Option<&'a [String]>,
    pub(super) attributes: &'a dyn Attributes,
}

impl<'a> PolicyContext<'a> {
    /// `action` on `resource`, by nobody whose scopes are known.
    #[must_use]
    pub fn new(action: &'a str, resource: &'a str, attributes: &'a dyn Attributes) -> Self {
        Self { action, resource, scopes: None, attributes }
    }

    /// The scopes of the token. Without a token no rule that asks for scopes applies.
    #[must_use]
    pub fn scopes(mut self, scopes: &'a [String]) -> Self {
        self.scopes = Some(scopes);
        self
    }
}

/// Where attributes come from. [`AttributeValues`] is the implementation for JSON values.
pub trait Attributes {
    /// The attribute at this path. `null` stands for one that is missing.
    fn attribute(&self, source: PolicySource, path: &AttributePath) -> Attribute<'_>;

    /// Told of a condition that can't be decided, since the attribute or the condition's own value is
    /// opaque. It is false then, which lets a deny rule lapse: whoever has such values must not go by the
    /// decision.
    fn cannot_compare(&self, _source: PolicySource, _path: &AttributePath) {}
}

/// What an attribute is.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute<'a> {
    /// A value that conditions can compare. `null` stands for one that is missing.
    Value(Cow<'a, Value>),
    /// Something that JSON can't express. It is there, and equal to nothing.
    Opaque,
}

/// The name of an attribute, with dots between the names of nested ones: `owner.department`.
///
/// Where the nested names lead nowhere, the whole text is tried as one name, since claims may be named
/// by a URL (RFC 7519 section 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributePath(String);

impl<T: Into<String>> From<T> for AttributePath {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl AttributePath {
    /// The path as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is at this path below `root`; `member` finds what has a name in a node.
    pub fn find<N: Clone>(
        &self,
        root: &N,
        mut member: impl FnMut(&N, &str) -> Option<N>,
    ) -> Option<N> {
        let mut nodes = self.0.split('.');
        let nested = nodes.try_fold(root.clone(), |node, name| member(&node, name));
        if nested.is_none() && self.0.contains('.') {
            return member(root, &self.0);
        }
        nested
    }
}

/// Attributes as JSON objects, one for each source. What is not set is empty.
#[derive(Clone, Debug, Default)]
pub struct AttributeValues {
    subject: Value,
    resource: Value,
    environment: Value,
    token: Value,
}

impl AttributeValues {
    /// What the claims say: the source `token`, and a subject of the custom claims, `sub`,
    /// `scopes` and `login_type`.
    #[must_use]
    pub fn of_claims(claims: &Claims<JsonClaims>) -> Self {
        let subject = default_subject(
            custom(claims),
            claims.sub.as_str().into(),
            json!(claims.scopes.as_deref().unwrap_or_default()),
            json!(claims.login_type),
        );
        Self { subject: Value::Object(subject.collect()), token: token(claims), ..Self::default() }
    }

    /// Who acts.
    #[must_use]
    pub fn subject(mut self, attributes: Value) -> Self {
        self.subject = attributes;
        self
    }

    /// What is acted upon.
    #[must_use]
    pub fn resource(mut self, attributes: Value) -> Self {
        self.resource = attributes;
        self
    }

    /// The circumstances. [`AttributeValues::request`] has the usual ones.
    #[must_use]
    pub fn environment(mut self, attributes: Value) -> Self {
        self.environment = attributes;
        self
    }

    /// The circumstances of a request: `time` (RFC 3339 in UTC with microseconds, so that texts compare
    /// as the instants do), `hour` (in UTC), `weekday` (Monday is 0), `method`, `path` and, if it is
    /// known, `client_ip`. Each stands beside what the environment already has.
    #[must_use]
    pub fn request(
        mut self,
        now: Timestamp,
        method: &str,
        path: &str,
        client: Option<&ClientAddress>,
    ) -> Self {
        let circumstances = Circumstances::at(now);
        let mut own = Map::new();
        own.insert("time".to_owned(), circumstances.time_text().into());
        own.insert("hour".to_owned(), circumstances.hour().into());
        own.insert("weekday".to_owned(), circumstances.weekday().into());
        own.insert("method".to_owned(), method.into());
        own.insert("path".to_owned(), path.into());
        if let Some(client) = client {
            own.insert("client_ip".to_owned(), client.to_string().into());
        }
        if let Value::Object(given) = self.environment {
            own.extend(given);
        }
        self.environment = Value::Object(own);
        self
    }
}

/// Who acts, unless a service says otherwise: the bearer of the token, by the custom claims, and by `sub`,
/// `scopes` and `login_type`. Other registered claims are attributes of the token and not of its bearer.
pub fn default_subject<V>(
    custom: impl IntoIterator<Item = (String, V)>,
    sub: V,
    scopes: V,
    login_type: V,
) -> impl Iterator<Item = (String, V)> {
    let own = [("sub", sub), ("scopes", scopes), ("login_type", login_type)];
    let own = own.map(|(name, value)| (name.to_owned(), value));
    let custom = custom.into_iter().filter(|(name, _)| !is_registered(name));
    custom.chain(own)
}

/// What a policy knows of the moment, in UTC.
///
/// ```
/// use authx::{Circumstances, Timestamp};
///
/// let noon = Timestamp::from_seconds(1_893_499_200).ok_or("out of range")?;
/// let circumstances = Circumstances::at(noon);
/// assert_eq!(circumstances.time_text(), "2030-01-01T12:00:00.000000Z");
/// assert_eq!((circumstances.hour(), circumstances.weekday()), (12, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Circumstances(OffsetDateTime);

impl Circumstances {
    /// The circumstances at this instant. Before 1970 they are those of 1970.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        let epoch = Timestamp::from_seconds(0).unwrap_or(Timestamp::MIN);
        Self(OffsetDateTime::UNIX_EPOCH + now.saturating_since(epoch))
    }

    /// The instant, as RFC 3339 writes it with microseconds.
    #[must_use]
    pub fn time_text(&self) -> String {
        let (date, clock) = (self.0.date(), self.0.time());
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
            clock.hour(),
            clock.minute(),
            clock.second(),
            clock.microsecond()
        )
    }

    /// The hour, 0 to 23.
    #[must_use]
    pub fn hour(&self) -> u8 {
        self.0.hour()
    }

    /// The day of the week, 0 for Monday.
    #[must_use]
    pub fn weekday(&self) -> u8 {
        self.0.weekday().number_days_from_monday()
    }
}

impl Attributes for AttributeValues {
    fn attribute(&self, source: PolicySource, path: &AttributePath) -> Attribute<'_> {
        let root = match source {
            PolicySource::Subject => &self.subject,
            PolicySource::Resource => &self.resource,
            PolicySource::Environment => &self.environment,
            PolicySource::Token => &self.token,
        };
        let found = path.find(&root, |node, name| node.as_object()?.get(name));
        Attribute::Value(found.map_or(Cow::Owned(Value::Null), Cow::Borrowed))
    }
}

/// The claims by the names that they have in a token, instants as seconds since the Unix epoch.
fn token(claims: &Claims<JsonClaims>) -> Value {
    let mut members = custom(claims);
    let registered = json!({
        "sub": claims.sub,
        "type": claims.kind,
        "jti": claims.jti,
        "sid": claims.sid,
        "exp": claims.exp,
        "nbf": claims.nbf,
        "iat": claims.iat,
        "iss": claims.iss,
        "aud": claims.aud,
        "fresh": claims.fresh,
        "csrf": claims.csrf,
        "scopes": claims.scopes,
        "login_type": claims.login_type,
        "auth_time": claims.auth_time,
    });
    if let Value::Object(registered) = registered {
        members.extend(registered);
    }
    Value::Object(members)
}

fn custom(claims: &Claims<JsonClaims>) -> Map<String, Value> {
    let value = |text: &str| serde_json::from_str(text).unwrap_or_default();
    claims.custom.iter().map(|(name, text)| (name.clone(), value(text.get()))).collect()
}
