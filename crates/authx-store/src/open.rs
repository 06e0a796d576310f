//! [`open`]: a store by its URL.

use std::fmt;
use std::sync::Arc;

use crate::Store;
use crate::memory::MemoryStore;

/// Opens the store that a URL names.
///
/// | URL | store |
/// | --- | --- |
/// | `memory://` | [`MemoryStore`], which ends with this process |
/// | `sqlite:///auth.db` | the file `auth.db`, in a path relative to the working directory |
/// | `sqlite:////var/lib/app/auth.db` | the file `/var/lib/app/auth.db` |
/// | `sqlite:///C:/app/auth.db` | the file `C:\app\auth.db` of Windows |
///
/// These are the spellings of `SQLAlchemy`. In a path, `%`, `?` and `#` are written as `%25`, `%3F` and `%23`; any other
/// byte may be written like that. SQLite needs the feature `sqlite`, and has one option, in seconds:
/// `sqlite:///auth.db?busy_timeout=0.5` waits for half a second while another connection holds the lock of the file,
/// instead of 2 seconds.
///
/// This blocks while it opens a file.
///
/// # Errors
///
/// The URL is wrong, or the store can't be opened. The error says which part is wrong, and never shows what may be a
/// password.
///
/// ```
/// let store = authx_store::open("memory://")?;
/// # drop(store);
/// let error = authx_store::open("memroy://").err().expect("a mistake");
/// assert!(error.to_string().contains("scheme: `memroy` is unknown"), "{error}");
/// # Ok::<(), authx_store::OpenError>(())
/// ```
pub fn open(url: &str) -> Result<Arc<dyn Store>, OpenError> {
    let url = Url::parse(url)?;
    match url.scheme {
        "memory" => {
            url.refuse_location("memory:// has nothing after it")?;
            url.refuse_options()?;
            Ok(Arc::new(MemoryStore::default()))
        }
        "sqlite" => open_sqlite(&url),
        "redis" | "rediss" | "valkey" | "valkeys" | "postgres" | "postgresql" => {
            Err(OpenError::url("scheme", format!("stores of `{}` are not there yet", url.scheme)))
        }
        scheme => Err(OpenError::url("scheme", unknown_scheme(scheme))),
    }
}

fn unknown_scheme(scheme: &str) -> String {
    match scheme.split_once('+') {
        Some((plain, _)) if matches!(plain, "sqlite" | "redis" | "postgresql") => {
            format!("`{scheme}` names a driver; write `{plain}`")
        }
        _ => format!("`{scheme}` is unknown; known are `memory` and `sqlite`"),
    }
}

#[cfg(not(feature = "sqlite"))]
fn open_sqlite(_url: &Url<'_>) -> Result<Arc<dyn Store>, OpenError> {
    Err(OpenError::url("scheme", "`sqlite` needs the feature `sqlite` of the crate authx-store"))
}

#[cfg(feature = "sqlite")]
fn open_sqlite(url: &Url<'_>) -> Result<Arc<dyn Store>, OpenError> {
    use crate::sqlite::{SqliteOptions, SqliteStore};

    let path = match url.location.strip_prefix('/') {
        Some(path) => decoded(path)?,
        None if url.location.is_empty() => String::new(),
        None => {
            let problem = "a SQLite file has no host; write `sqlite:///auth.db` for a relative path, \
                           `sqlite:////var/lib/app/auth.db` for an absolute one";
            return Err(OpenError::url("host", problem));
        }
    };
    if path.is_empty() || path == ":memory:" {
        let problem = "it names no file; for a store in memory write `memory://`";
        return Err(OpenError::url("path", problem));
    }
    let mut options = SqliteOptions::default();
    let mut seen = false;
    for (name, value) in url.options() {
        if name != "busy_timeout" {
            return Err(OpenError::unknown_option(name));
        }
        if std::mem::replace(&mut seen, true) {
            return Err(OpenError::url("busy_timeout", "it is there more than once"));
        }
        options.busy_timeout = seconds(value).ok_or_else(|| {
            OpenError::url("busy_timeout", "it must be a number of seconds from 0 to 3600")
        })?;
    }
    let store = SqliteStore::open_with(path, &options)?;
    Ok(Arc::new(store))
}

#[cfg(feature = "sqlite")]
fn seconds(value: &str) -> Option<std::time::Duration> {
    let is_plain = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = value.parse().ok().filter(|seconds| is_plain && *seconds <= 3600.0)?;
    std::time::Duration::try_from_secs_f64(seconds).ok()
}

/// `%2F` as `/`, and so on.
#[cfg(feature = "sqlite")]
fn decoded(path: &str) -> Result<String, OpenError> {
    let wrong = |problem: &str| OpenError::url("path", problem);
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let decoded =
            digit().zip(digit()).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(decoded.ok_or_else(|| {
            wrong("two hexadecimal digits must follow each `%`; the character `%` is written `%25`")
        })?);
    }
    if bytes.contains(&0) {
        return Err(wrong("it can't contain U+0000"));
    }
    String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))
}

/// The parts of a URL, as they are written.
struct Url<'a> {
    scheme: &'a str,
    /// Host and path.
    location: &'a str,
    query: Option<&'a str>,
}

impl<'a> Url<'a> {
    fn parse(url: &'a str) -> Result<Self, OpenError> {
        let is_scheme = |scheme: &&str| {
            let mut bytes = scheme.bytes();
            bytes.next().is_some_and(|first| first.is_ascii_lowercase())
                && bytes.all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte)
                })
        };
        let (scheme, rest) = url
            .split_once("://")
            .filter(|(scheme, _)| is_scheme(scheme))
            .ok_or_else(|| {
                let problem = "the URL of a store begins with one in lower case, as in `memory://` or \
                               `sqlite:///auth.db`";
                OpenError::url("scheme", problem)
            })?;
        if rest.contains('#') {
            return Err(OpenError::url(
                "fragment",
                "there is none; `#` in a path is written `%23`",
            ));
        }
        let (location, query) = match rest.split_once('?') {
            Some((location, query)) => (location, Some(query)),
            None => (rest, None),
        };
        Ok(Self { scheme, location, query })
    }

    fn refuse_location(&self, problem: &str) -> Result<(), OpenError> {
        if self.location.is_empty() { Ok(()) } else { Err(OpenError::url("path", problem)) }
    }

    fn refuse_options(&self) -> Result<(), OpenError> {
        self.options().next().map_or(Ok(()), |(name, _)| Err(OpenError::unknown_option(name)))
    }

    fn options(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let options = self.query.into_iter().flat_map(|query| query.split('&'));
        options
            .filter(|option| !option.is_empty())
            .map(|option| option.split_once('=').unwrap_or((option, "")))
    }
}

/// Why a store could not be opened. Its message says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// A part of the URL is wrong.
    Url {
        /// Which part: `scheme`, `host`, `path`, `fragment`, `options`, or the name of an option.
        part: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The file can't be used.
    #[cfg(feature = "sqlite")]
    Sqlite(crate::sqlite::SqliteError),
}

impl OpenError {
    fn url(part: &'static str, problem: impl Into<String>) -> Self {
        Self::Url { part, problem: problem.into() }
    }

    /// Shows the name only where it looks like that of an option: it may be the rest of a password with `?`.
    fn unknown_option(name: &str) -> Self {
        let is_name =
            name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let shown = if is_name { format!("`{name}`") } else { "one".to_owned() };
        Self::url("options", format!("{shown} is unknown; known is `busy_timeout`, of `sqlite`"))
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { part, problem } => {
                write!(formatter, "the URL of the store is wrong, {part}: {problem}")
            }
            #[cfg(feature = "sqlite")]
            Self::Sqlite(error) => write!(formatter, "the store was not opened: {error}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Url { .. } => None,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(error) => Some(error),
        }
    }
}

#[cfg(feature = "sqlite")]
impl From<crate::sqlite::SqliteError> for OpenError {
    fn from(error: crate::sqlite::SqliteError) -> Self {
        Self::Sqlite(error)
    }
}
