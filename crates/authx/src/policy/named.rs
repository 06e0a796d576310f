//! A macro for enums whose values have names in policy files and in errors.

macro_rules! named {
    ($type:ident, $what:literal) => {
        impl ::std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = String;

            fn from_str(name: &str) -> Result<Self, String> {
                Self::ALL.into_iter().find(|known| known.as_str() == name).ok_or_else(|| {
                    let names = Self::ALL.map(Self::as_str).join(", ");
                    format!(
                        concat!("unsupported policy ", $what, " '{}', expected one of {}"),
                        name, names
                    )
                })
            }
        }
    };
}

pub(super) use named;
