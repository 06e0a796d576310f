//! The attributes that conditions compare: those of subject, resource, environment and token.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::named::named;
use crate::client_address::ClientAddress;
use crate::time::Timestamp;
use crate::token::{Claims, JsonClaims, is_registered};

/// Whose attribute a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PolicySource {
    /// Who acts.
    Subject,
    /// What the action is on.
    Resource,
    /// The circumstances of the request, such as the hour.
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

/// What a policy decides about: an action, a resource, and the attributes and scopes of the request.
#[derive(Clone, Copy)]
pub struct PolicyContext<'a> {
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    pub(super) scopes: Option<&'a [String]>,
    pub(super) attributes: &'a dyn Attributes,
}

impl<'a> PolicyContext<'a> {
    /// `action` on `resource`, without a token's scopes.
    #[must_use]
    pub fn new(action: &'a str, resource: &'a str, attributes: &'a dyn Attributes) -> Self {
        Self { action, resource, scopes: None, attributes }
    }

    /// The scopes of the token. Without a token no rule that requires scopes applies.
    #[must_use]
    pub fn scopes(mut self, scopes: &'a [String]) -> Self {
        self.scopes = Some(scopes);
        self
    }
}

/// Where attributes come from. [`AttributeValues`] is the implementation for JSON values.
pub trait Attributes {
    /// The attribute at this path, `null` if it is missing.
    fn attribute(&self, source: PolicySource, path: &AttributePath) -> Attribute<'_>;

    /// Called for a condition that can't be evaluated, because the attribute or the condition's value is opaque, or an
    /// integer of more than 64 bits. The condition is then false, so a deny rule may not apply; the decision is
    /// [`PolicyDecision::fault`](super::PolicyDecision::fault).
    fn cannot_compare(&self, _source: PolicySource, _path: &AttributePath) {}
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute<'a> {
    /// A value that conditions can compare; `null` if the attribute is missing.
    Value(Cow<'a, Value>),
    /// A value that JSON can't express. It exists, and is equal to nothing.
    Opaque,
}

/// The name of an attribute, with dots between the names of nested ones: `owner.department`.
///
/// If there is no such nested attribute, the whole string is tried as one name, since the name of a claim may be
/// a URL (RFC 7519 section 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributePath(String);

impl<T: Into<String>> From<T> for AttributePath {
    fn from(path: T) -> Self {
        Self(path.into())
    }
}

impl AttributePath {
    /// The path as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The node at this path below `root`; `child` finds the child of a node by its name.
    pub fn find<N: Clone>(
        &self,
        root: &N,
        mut child: impl FnMut(&N, &str) -> Option<N>,
    ) -> Option<N> {
        let mut nodes = self.0.split('.');
        let nested = nodes.try_fold(root.clone(), |node, name| child(&node, name));
        if nested.is_none() && self.0.contains('.') {
            return child(root, &self.0);
        }
        nested
    }
}

/// Attributes as JSON objects, one for each source. A source that is not set has no attributes.
#[derive(Clone, Debug, Default)]
pub struct AttributeValues {
    subject: Value,
    resource: Value,
    environment: Value,
    token: Value,
}

impl AttributeValues {
    /// The attributes of a token's claims: all claims for the source `token`, and the custom claims, `sub`,
    /// `scopes` and `login_type` for the source `subject`.
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

    /// What the action is on.
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

    /// The circumstances of a request: `time` (RFC 3339 in UTC with microseconds, so that the strings sort
    /// by time), `hour` (in UTC), `weekday` (Monday is 0), `method`, `path` and, if it is known, `client_ip`.
    /// Attributes that the environment already has are kept.
    #[must_use]
    pub fn request(
        mut self,
        now: Timestamp,
        method: &str,
        path: &str,
        client: Option<&ClientAddress>,
    ) -> Self {
        let circumstances = Circumstances::at(now);
        let mut environment = Map::new();
        environment.insert("time".to_owned(), circumstances.time_string().into());
        environment.insert("hour".to_owned(), circumstances.hour().into());
        environment.insert("weekday".to_owned(), circumstances.weekday().into());
        environment.insert("method".to_owned(), method.into());
        environment.insert("path".to_owned(), path.into());
        if let Some(client) = client {
            environment.insert("client_ip".to_owned(), client.to_string().into());
        }
        if let Value::Object(given) = self.environment {
            environment.extend(given);
        }
        self.environment = Value::Object(environment);
        self
    }
}

/// The attributes of the subject, unless a service gives others: the token's custom claims, and `sub`, `scopes`
/// and `login_type`. The other registered claims are attributes of the token alone.
pub fn default_subject<V>(
    custom: impl IntoIterator<Item = (String, V)>,
    sub: V,
    scopes: V,
    login_type: V,
) -> impl Iterator<Item = (String, V)> {
    let registered = [("sub", sub), ("scopes", scopes), ("login_type", login_type)];
    let registered = registered.map(|(name, value)| (name.to_owned(), value));
    let custom = custom.into_iter().filter(|(name, _)| !is_registered(name));
    custom.chain(registered)
}

/// The time of a request in the forms that policies use, in UTC.
///
/// ```
/// use authx::Timestamp;
/// use authx::policy::Circumstances;
///
/// let noon = Timestamp::from_seconds(1_893_499_200).ok_or("out of range")?;
/// let circumstances = Circumstances::at(noon);
/// assert_eq!(circumstances.time_string(), "2030-01-01T12:00:00.000000Z");
/// assert_eq!((circumstances.hour(), circumstances.weekday()), (12, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Circumstances(OffsetDateTime);

impl Circumstances {
    /// The circumstances at this instant; for one before 1970, those of the start of 1970.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        let epoch = Timestamp::from_seconds(0).unwrap_or(Timestamp::MIN);
        Self(OffsetDateTime::UNIX_EPOCH + now.saturating_since(epoch))
    }

    /// The instant in RFC 3339 format, with microseconds.
    #[must_use]
    pub fn time_string(&self) -> String {
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

/// The claims by their names in a token, with instants as seconds since the Unix epoch.
fn token(claims: &Claims<JsonClaims>) -> Value {
    let mut all = custom(claims);
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
        all.extend(registered);
    }
    Value::Object(all)
}

fn custom(claims: &Claims<JsonClaims>) -> Map<String, Value> {
    let value = |json: &str| serde_json::from_str(json).unwrap_or_default();
    claims.custom.iter().map(|(name, json)| (name.clone(), value(json.get()))).collect()
}
