//! [`Given`]: a setting's value, from each of the types that stand for one.

use std::time::Duration;

use super::{SameSite, TokenLifetime};
use crate::key::{Algorithm, Secret};
use crate::location::Location;
use crate::token::Audience;

/// A value of a setting, for the methods of [`ConfigBuilder`](super::ConfigBuilder). They take the setting's own type,
/// and what stands for it: `"..."` for a string or a secret, one location for a list of locations, a value without
/// `Some`.
///
/// ```
/// use authx::{Config, Location};
///
/// let config = Config::builder()
///     .secret_key("a secret of at least thirty-two bytes")
///     .token_location(Location::Cookies)
///     .csrf_methods(["POST", "PUT"])
///     .decode_issuer("https://login.example")
///     .build()?;
/// # Ok::<(), authx::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Given<T>(pub(super) T);

impl<T> From<T> for Given<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

/// For each type of a setting, what stands for a value of it.
macro_rules! given {
    ($($setting:ty { $($(@[$($generic:tt)+])? $given:ty => |$value:ident| $converted:expr;)+ })+) => {
        $($(
            impl $(<$($generic)+>)? From<$given> for Given<$setting> {
                fn from($value: $given) -> Self {
                    Self($converted)
                }
            }
        )+)+
    };
}

given! {
    String {
        &str => |string| string.to_owned();
    }
    Option<String> {
        String => |string| Some(string);
        &str => |string| Some(string.to_owned());
    }
    Vec<String> {
        @[const N: usize] [String; N] => |strings| strings.into();
        @[const N: usize] [&str; N] => |strings| strings.map(str::to_owned).into();
        &[&str] => |strings| strings.iter().map(|&string| string.to_owned()).collect();
        Vec<&str> => |strings| strings.into_iter().map(str::to_owned).collect();
    }
    Option<Secret> {
        Secret => |secret| Some(secret);
        String => |secret| Some(secret.into());
        &str => |secret| Some(secret.into());
        Vec<u8> => |secret| Some(secret.into());
        &[u8] => |secret| Some(secret.into());
        @[const N: usize] [u8; N] => |secret| Some(secret.into());
        @[const N: usize] &[u8; N] => |secret| Some(secret.as_slice().into());
    }
    Option<Audience> {
        Audience => |audience| Some(audience);
        String => |audience| Some(Audience::One(audience));
        &str => |audience| Some(Audience::One(audience.to_owned()));
        Vec<String> => |audiences| Some(Audience::Many(audiences));
        @[const N: usize] [&str; N] => |audiences| {
            Some(Audience::Many(audiences.map(str::to_owned).into()))
        };
    }
    Vec<Location> {
        Location => |location| vec![location];
        @[const N: usize] [Location; N] => |locations| locations.into();
        &[Location] => |locations| locations.to_vec();
    }
    Option<Vec<Location>> {
        Location => |location| Some(vec![location]);
        @[const N: usize] [Location; N] => |locations| Some(locations.into());
        Vec<Location> => |locations| Some(locations);
        &[Location] => |locations| Some(locations.to_vec());
    }
    Vec<Algorithm> {
        Algorithm => |algorithm| vec![algorithm];
        @[const N: usize] [Algorithm; N] => |algorithms| algorithms.into();
        &[Algorithm] => |algorithms| algorithms.to_vec();
    }
    Option<usize> {
        usize => |number| Some(number);
    }
    Option<Duration> {
        Duration => |duration| Some(duration);
    }
    Option<SameSite> {
        SameSite => |same_site| Some(same_site);
    }
    TokenLifetime {
        Duration => |duration| duration.into();
    }
}
