//! [`Scoped`] and [`Scopes`].

use std::any::TypeId;
use std::marker::PhantomData;
use std::sync::OnceLock;

use authx::{Claims, RequiredScopes, Requirement};

use crate::token_extractor::token_extractor_by_type;

/// Names the scopes that a route requires; the type parameter of [`Scoped`].
#[diagnostic::on_unimplemented(
    message = "`Scoped<{Self}>` requires that `{Self}` names its scopes",
    label = "names no scopes",
    note = "implement `Scopes` for `{Self}`"
)]
pub trait Scopes: 'static {
    /// The required scopes. Called once per type, not for every request.
    fn required() -> RequiredScopes;

    /// The whole requirement: an access token with these scopes. Override it to ask for more, such as
    /// `Requirement::fresh().scopes(Self::required())`. Called once per type, too.
    fn requirement() -> Requirement {
        Requirement::access().scopes(Self::required())
    }
}

/// The claims of the request's access token, which is valid, not revoked, and has the scopes of `P`.
///
/// `C` and `Option` work as with [`AccessToken`](crate::AccessToken). For whole routers use the layer
/// [`AuthX::require`](crate::AuthX::require).
///
/// ```
/// use axum::Router;
/// use axum::extract::Path;
/// use axum::routing::delete;
/// use axum_authx::{AuthX, RequiredScopes, Scoped, Scopes};
///
/// struct DeleteUsers;
///
/// impl Scopes for DeleteUsers {
///     fn required() -> RequiredScopes {
///         RequiredScopes::all(["users:read", "users:delete"])
///     }
/// }
///
/// async fn delete_user(token: Scoped<DeleteUsers>, Path(id): Path<u32>) -> String {
///     format!("{} deleted user {id}", token.sub)
/// }
///
/// let app: Router =
///     Router::new().route("/users/{id}", delete(delete_user)).with_state(AuthX::ephemeral());
/// ```
pub struct Scoped<P, C = ()> {
    claims: Claims<C>,
    of: PhantomData<fn() -> P>,
}

token_extractor_by_type!(Scoped, Scopes, P => requirement_of::<P>());

/// The requirement of a type, created at the first call. Static variables can't be generic, so the requirements
/// of all types are in one linked list: it has at most one entry for each such type of the program, and reading
/// it takes no lock.
fn requirement_of<P: Scopes>() -> &'static Requirement {
    static FIRST: OnceLock<Entry> = OnceLock::new();

    let scopes = TypeId::of::<P>();
    let mut place = &FIRST;
    loop {
        let entry = place.get_or_init(|| Entry {
            scopes,
            requirement: P::requirement(),
            next: Box::leak(Box::new(OnceLock::new())),
        });
        if entry.scopes == scopes {
            return &entry.requirement;
        }
        place = entry.next;
    }
}

struct Entry {
    scopes: TypeId,
    requirement: Requirement,
    next: &'static OnceLock<Entry>,
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use authx::NewToken;
    use axum::Router;
    use axum::routing::get;

    use super::*;
    use crate::testing::{self, answer_to, bearer};

    static ASKED: AtomicU32 = AtomicU32::new(0);

    struct ReadUsers;

    impl Scopes for ReadUsers {
        fn required() -> RequiredScopes {
            ASKED.fetch_add(1, Ordering::Relaxed);
            RequiredScopes::all(["users:read"])
        }
    }

    struct FreshAdmin;

    impl Scopes for FreshAdmin {
        fn required() -> RequiredScopes {
            RequiredScopes::any(["admin", "superuser"])
        }

        fn requirement() -> Requirement {
            Requirement::fresh().scopes(Self::required())
        }
    }

    #[tokio::test]
    async fn a_token_needs_the_scopes_of_the_type() {
        let (auth, _) = testing::auth();
        let app = Router::new()
            .route("/users", get(|token: Scoped<ReadUsers>| async move { token.sub.clone() }))
            .route(
                "/admin",
                get(|token: Scoped<FreshAdmin>| async move { token.into_claims().sub }),
            )
            .with_state(auth.clone());
        let reader = auth.issue(&NewToken::access("ada").scopes(["users:*"])).expect("a token");
        let stale = auth.issue(&NewToken::access("ada").scopes(["admin"])).expect("a token");
        let admin =
            auth.issue(&NewToken::access("ada").scopes(["admin"]).fresh()).expect("a token");

        for (path, token, expected) in [
            ("/users", &reader, None),
            ("/users", &admin, Some("InsufficientScopeError")),
            ("/admin", &admin, None),
            ("/admin", &stale, Some("FreshTokenRequiredError")),
            ("/admin", &reader, Some("FreshTokenRequiredError")),
        ] {
            let answer = answer_to(&app, bearer(testing::get(path), token)).await;
            assert_eq!(answer.error_type(), expected, "{path}");
        }
        assert_eq!(ASKED.load(Ordering::Relaxed), 1, "the scopes are computed once");
    }

    #[test]
    fn each_type_has_its_own_requirement_from_every_thread() {
        struct One;

        impl Scopes for One {
            fn required() -> RequiredScopes {
                RequiredScopes::all(["one"])
            }
        }

        struct Two;

        impl Scopes for Two {
            fn required() -> RequiredScopes {
                RequiredScopes::any(["two"])
            }
        }

        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    assert_eq!(requirement_of::<One>(), &One::requirement());
                    assert_eq!(requirement_of::<Two>(), &Two::requirement());
                });
            }
        });
    }
}
