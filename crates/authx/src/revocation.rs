//! Entries of revocation: which tokens a store says are revoked, and until when that matters.
//!
//! An entry revokes one token, one login, or everything that a subject got before an instant. The engine decides
//! which entries an event writes and whether those that a store found revoke a token; a store keeps them by their
//! key until they end.
//!
//! ```
//! use authx::revocation::Entry;
//! use authx::{Config, Engine, Location, NewToken, RequestToken, Requirement, SystemRandom, Timestamp, TokenKind};
//!
//! # let engine = Engine::new(Config::builder().secret_key("a secret of at least thirty-two bytes").build()?);
//! # let now = Timestamp::from_seconds(1_893_499_200).expect("in range");
//! let jwt = engine.issue(&NewToken::access("ada").jti("4c2b9f2a"), now, &SystemRandom)?;
//! let found = RequestToken::new(&jwt, TokenKind::Access, Location::Headers);
//! let token = engine.verify::<()>(&found, &Requirement::access(), now)?.token();
//!
//! let entry = engine.entry_of_token("4c2b9f2a", token.exp(), "stolen laptop", now);
//! assert!(token.revocation_keys().contains(&entry.key));
//! assert!(token.is_revoked_by(&[entry]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::engine::Engine;
use crate::time::Timestamp;
use crate::verified_token::VerifiedToken;

/// Under which name a store keeps an entry: a letter and an identifier, at most [`EntryKey::MAX_BYTES`] bytes.
///
/// The identifier of a token or a login is in it as it is where it is short, and as a hash where it is long. A
/// subject is always hashed, because it may be an address of e-mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryKey(String);

const TOKEN: &str = "j";
const LOGIN: &str = "s";
const USE: &str = "o";

impl EntryKey {
    /// The length of the longest key.
    pub const MAX_BYTES: usize = 65;

    /// That of the token with this `jti`.
    #[must_use]
    pub fn of_token(jti: &str) -> Self {
        KeyParts::new(TOKEN, jti).into()
    }

    /// That of the login with this `sid`, and of all its tokens.
    #[must_use]
    pub fn of_login(sid: &str) -> Self {
        KeyParts::new(LOGIN, sid).into()
    }

    /// That of the use of a one-off token. No entry under it revokes the token, so that a WebSocket goes on which was
    /// opened with it.
    #[must_use]
    pub fn of_use(jti: &str) -> Self {
        KeyParts::new(USE, jti).into()
    }

    /// That of everything that this subject got before an instant.
    #[must_use]
    pub fn of_subject(subject: &str) -> Self {
        Self(format!("u{}", hex(subject)))
    }

    /// Whether it is that of the use of a one-off token, which nothing asks a replica about.
    #[must_use]
    pub fn is_of_use(&self) -> bool {
        self.parts().kind == USE
    }

    /// A key that a store has kept, as [`as_str`](Self::as_str) returned it.
    #[must_use]
    pub fn from_store(key: String) -> Self {
        Self(key)
    }

    /// The key as a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its two parts; the kind is empty for a string that is no key.
    #[must_use]
    pub fn parts(&self) -> KeyParts<'_> {
        let (kind, name) = self.0.split_at_checked(1).unwrap_or(("", &self.0));
        KeyParts { kind, name: Cow::Borrowed(name) }
    }
}

/// An [`EntryKey`] in two parts, which needs no copy of the identifier: for the hot path of a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyParts<'t> {
    /// What is revoked: a letter.
    pub kind: &'t str,
    /// Which one.
    pub name: Cow<'t, str>,
}

impl<'t> KeyParts<'t> {
    /// A `#` marks the hash, so that no identifier can pass for the hash of another one.
    fn new(kind: &'static str, identifier: &'t str) -> Self {
        let is_plain = identifier.len() < EntryKey::MAX_BYTES
            && !identifier.starts_with('#')
            && !identifier.contains('\0');
        let name = if is_plain {
            Cow::Borrowed(identifier)
        } else {
            Cow::Owned(format!("#{}", &hex(identifier)[..EntryKey::MAX_BYTES - 2]))
        };
        Self { kind, name }
    }
}

impl From<KeyParts<'_>> for EntryKey {
    fn from(parts: KeyParts<'_>) -> Self {
        Self(format!("{}{}", parts.kind, parts.name))
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn hex(string: &str) -> String {
    use fmt::Write as _;

    Sha256::digest(string.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// One entry of a store of revocations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is revoked.
    pub key: EntryKey,
    /// When the last token that it revokes has expired, so that the store may forget it. `None`: never.
    pub until: Option<Timestamp>,
    /// For the entry of a subject: which of its tokens.
    pub cut: Option<Cut>,
    /// Why, in the words of the caller, for logs and lists.
    pub reason: String,
}

/// Which tokens of a subject an entry revokes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Those that were issued before this instant.
    pub before: Timestamp,
    /// Except those of this login, by its `sid`.
    pub except: Option<String>,
}

impl Entry {
    /// Both entries of one key in one, which a store keeps: the later end, and the later cut.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let until = match (self.until, other.until) {
            (Some(one), Some(two)) => Some(one.max(two)),
            _ => None,
        };
        let is_later = match (&self.cut, &other.cut) {
            (Some(one), Some(two)) => two.before > one.before,
            (one, two) => one.is_none() && two.is_some(),
        };
        let kept = if is_later { other } else { self };
        Self { until, ..kept }
    }

    /// Whether it counts at this instant.
    #[must_use]
    pub fn counts_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// What of a token decides whether entries revoke it.
#[derive(Clone, Copy, Debug)]
pub struct Revocable<'t> {
    /// Its subject.
    pub sub: &'t str,
    /// Its own identifier.
    pub jti: Option<&'t str>,
    /// Its login.
    pub sid: Option<&'t str>,
    /// When it was issued.
    pub iat: Option<Timestamp>,
}

impl<'t> Revocable<'t> {
    /// The keys of the token itself and of its login. An entry under one of them revokes it.
    pub fn own_keys(&self) -> impl Iterator<Item = KeyParts<'t>> + use<'t> {
        let token = self.jti.map(|jti| KeyParts::new(TOKEN, jti));
        token.into_iter().chain(self.sid.map(|sid| KeyParts::new(LOGIN, sid)))
    }

    /// The key of its subject. An entry under it revokes it if the entry's cut says so.
    #[must_use]
    pub fn subject_key(&self) -> EntryKey {
        EntryKey::of_subject(self.sub)
    }

    /// Whether these entries, which a store found under the token's keys, revoke it.
    #[must_use]
    pub fn is_revoked_by(&self, found: &[Entry]) -> bool {
        found.iter().any(|entry| match &entry.cut {
            None => true,
            Some(cut) => {
                let is_excepted = cut.except.is_some() && cut.except.as_deref() == self.sid;
                !is_excepted && self.iat.is_none_or(|iat| iat < cut.before)
            }
        })
    }
}

impl VerifiedToken {
    /// What decides whether entries revoke this token.
    #[must_use]
    pub fn revocable(&self) -> Revocable<'_> {
        Revocable { sub: self.sub(), jti: self.jti(), sid: self.sid(), iat: self.iat() }
    }

    /// Under which keys a store has to look for entries that may revoke this token.
    #[must_use]
    pub fn revocation_keys(&self) -> Vec<EntryKey> {
        let revocable = self.revocable();
        let own = revocable.own_keys().map(EntryKey::from);
        own.chain([revocable.subject_key()]).collect()
    }

    /// Whether these entries, which a store found under [`revocation_keys`](Self::revocation_keys), revoke this token.
    ///
    /// A token without `jti` and `sid` can't be revoked alone, and one without `iat` was issued before every cut.
    #[must_use]
    pub fn is_revoked_by(&self, found: &[Entry]) -> bool {
        self.revocable().is_revoked_by(found)
    }
}

impl Engine {
    /// The entry that revokes the token with this `jti`. `exp` is when it expires, if that is known.
    #[must_use]
    pub fn entry_of_token(
        &self,
        jti: &str,
        exp: Option<Timestamp>,
        reason: &str,
        now: Timestamp,
    ) -> Entry {
        let until = self.end_of_token(exp, now);
        Entry { key: EntryKey::of_token(jti), until, cut: None, reason: bounded(reason) }
    }

    /// The entry that records the use of the one-off token with this `jti`.
    #[must_use]
    pub fn entry_of_use(&self, jti: &str, exp: Option<Timestamp>, now: Timestamp) -> Entry {
        let until = self.end_of_token(exp, now);
        Entry { key: EntryKey::of_use(jti), until, cut: None, reason: "used".to_owned() }
    }

    /// The entry that revokes all tokens of the login with this `sid`.
    #[must_use]
    pub fn entry_of_login(&self, sid: &str, reason: &str, now: Timestamp) -> Entry {
        let until = self.longest_token_from(now);
        Entry { key: EntryKey::of_login(sid), until, cut: None, reason: bounded(reason) }
    }

    /// The entry that revokes all tokens that the subject got before `now`, except those of the login `except`.
    #[must_use]
    pub fn entry_of_subject(
        &self,
        subject: &str,
        except: Option<&str>,
        reason: &str,
        now: Timestamp,
    ) -> Entry {
        Entry {
            key: EntryKey::of_subject(subject),
            until: self.longest_token_from(now),
            cut: Some(Cut { before: now, except: except.map(str::to_owned) }),
            reason: bounded(reason),
        }
    }

    /// Until when an entry of one token matters.
    fn end_of_token(&self, exp: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        match exp {
            Some(exp) => Some(exp + self.config().leeway + MARGIN),
            None => self.longest_token_from(now),
        }
    }

    /// When the last token that was issued by now expires. A token with a lifetime of its own may live for longer, so
    /// it is counted by its `exp` where that is known.
    fn longest_token_from(&self, now: Timestamp) -> Option<Timestamp> {
        Some(now + self.config().session_max_idle()? + MARGIN)
    }
}

/// How long an entry is kept beyond the last token, so that the clocks of two machines may differ.
const MARGIN: Duration = Duration::from_secs(60);

/// The first 200 bytes of a reason.
fn bounded(reason: &str) -> String {
    let end = (0..=reason.len().min(200)).rev().find(|&end| reason.is_char_boundary(end));
    reason[..end.unwrap_or_default()].to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_short_and_tell_identifiers_apart(one in ".{0,80}", two in ".{0,80}") {
            let key = EntryKey::of_token(&one);
            prop_assert!(key.as_str().len() <= EntryKey::MAX_BYTES && !key.as_str().contains('\0'));
            prop_assert_eq!(one == two, key == EntryKey::of_token(&two));
            prop_assert_eq!(&EntryKey::from(key.parts()), &key);
            prop_assert!(EntryKey::of_use(&one).is_of_use() && !key.is_of_use());
            prop_assert_ne!(key, EntryKey::of_login(&one));
            prop_assert!(EntryKey::of_subject(&one).as_str().len() <= EntryKey::MAX_BYTES);
        }
    }

    #[test]
    fn a_hash_can_not_be_given_as_an_identifier() {
        let long = "x".repeat(100);
        let hashed = EntryKey::of_token(&long);
        assert_ne!(EntryKey::of_token(&hashed.as_str()[1..]), hashed);
    }

    #[test]
    fn merging_keeps_the_later_end_and_the_later_cut() {
        let at = |seconds| Timestamp::from_seconds(seconds).expect("in range");
        let entry = |until, before, reason: &str| Entry {
            key: EntryKey::of_subject("ada"),
            until,
            cut: Some(Cut { before: at(before), except: None }),
            reason: reason.to_owned(),
        };
        let early = entry(Some(at(90)), 10, "early");
        let late = entry(Some(at(50)), 20, "late");
        for merged in [early.clone().merged(late.clone()), late.merged(early.clone())] {
            assert_eq!(merged, entry(Some(at(90)), 20, "late"));
        }
        assert_eq!(early.merged(entry(None, 5, "older")), entry(None, 10, "early"));
    }
}
