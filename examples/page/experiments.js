// The requests that can be tried. `request` builds one from the tokens in memory; `needs` names the token it requires.
// If it succeeds, `keeps` gives tokens in memory another name, and `gives` puts fields of the answer there. `guides` are
// paths of the repository.

import { withForgedScopes, withoutSignature } from "./token.js";

export const GROUPS = [
  {
    title: "Who am I",
    hint: "With the access cookie, or without a token.",
    guides: ["docs/fastapi.md", "docs/axum.md", "docs/guides/optional-login.md"],
    experiments: [
      { id: "me", label: "Me", request: () => ({ path: "/me" }) },
      { id: "me-nobody", label: "Me, without a token", request: () => ({ path: "/me", cookies: false }) },
    ],
  },
  {
    title: "Scopes",
    hint: "One scope, all of several, any of several, and any under a name.",
    guides: ["docs/fastapi.md", "docs/axum.md"],
    experiments: [
      { id: "users", label: "users:read", request: () => ({ path: "/users" }) },
      {
        id: "users-delete",
        label: "users:read and users:delete",
        request: () => ({ method: "DELETE", path: "/users/7", csrf: "access" }),
      },
      { id: "admin", label: "admin or superuser", request: () => ({ path: "/admin" }) },
      { id: "admin-users", label: "admin:*", request: () => ({ path: "/admin/users" }) },
    ],
  },
  {
    title: "Freshness",
    hint: "Works right after a login; refused once the token was refreshed.",
    guides: ["docs/fastapi.md", "docs/axum.md"],
    experiments: [
      {
        id: "change-password",
        label: "Change password",
        request: ({ password }) => ({
          method: "POST",
          path: "/change-password",
          csrf: "access",
          json: { new_password: password },
        }),
      },
    ],
  },
  {
    title: "Rate limits",
    hint: "Three requests in 20 seconds for each user. The fourth is told when to ask again.",
    guides: ["docs/rate-limits.md"],
    experiments: [{ id: "limited", label: "Ask again and again", request: () => ({ path: "/limited" }) }],
  },
  {
    title: "Login types",
    hint: "Operators have a login of their own, and their routes refuse the tokens of users.",
    guides: ["docs/login-types.md"],
    experiments: [
      {
        id: "operator-login",
        label: "Log in as an operator",
        needs: "access",
        gives: { operator: "access_token" },
        request: ({ access }) => ({ method: "POST", path: "/operator/login", bearer: access, cookies: false }),
      },
      {
        id: "operator",
        label: "The operator’s token",
        needs: "operator",
        request: ({ operator }) => ({ path: "/operator", bearer: operator, cookies: false }),
      },
      {
        id: "user-as-operator",
        label: "The user’s token there",
        needs: "access",
        request: ({ access }) => ({ path: "/operator", bearer: access, cookies: false }),
      },
    ],
  },
  {
    title: "Sessions",
    hint: "Each login of an operator is a session. Ending it refuses its tokens at once.",
    guides: ["docs/sessions.md"],
    experiments: [
      {
        id: "sessions",
        label: "The operator’s sessions",
        needs: "operator",
        request: ({ operator }) => ({ path: "/operator/sessions", bearer: operator, cookies: false }),
      },
      {
        id: "sessions-end",
        label: "End them all",
        needs: "operator",
        request: ({ operator }) => ({ method: "DELETE", path: "/operator/sessions", bearer: operator, cookies: false }),
      },
    ],
  },
  {
    title: "A stolen token",
    hint: "A store keeps these logins, and each refresh token is used once. Whoever uses one again gives the theft away.",
    guides: ["docs/logins.md"],
    experiments: [
      {
        id: "stored-login",
        label: "Begin a login in the store",
        needs: "access",
        gives: { stored: "access_token", newest: "refresh_token" },
        request: ({ access }) => ({ method: "POST", path: "/logins", bearer: access, cookies: false }),
      },
      {
        id: "stored-list",
        label: "My logins",
        needs: "stored",
        request: ({ stored }) => ({ path: "/logins", bearer: stored, cookies: false }),
      },
      {
        id: "stored-refresh",
        label: "Use the newest refresh token",
        needs: "newest",
        keeps: { used: "newest" },
        gives: { stored: "access_token", newest: "refresh_token" },
        request: ({ newest }) => ({ method: "POST", path: "/logins/refresh", bearer: newest, cookies: false }),
      },
      {
        id: "stored-theft",
        label: "Use the one before, as a thief would",
        needs: "used",
        request: ({ used }) => ({ method: "POST", path: "/logins/refresh", bearer: used, cookies: false }),
      },
      {
        id: "stored-end",
        label: "End my other logins",
        needs: "stored",
        request: ({ stored }) => ({ method: "DELETE", path: "/logins", bearer: stored, cookies: false }),
      },
    ],
  },
  {
    title: "Policies",
    hint: "A file of rules, which both services read, says what an operator may do to a document.",
    guides: ["docs/policies.md"],
    experiments: [
      {
        id: "document-read",
        label: "Read a document",
        needs: "operator",
        request: ({ operator }) => ({ path: "/documents/plan", bearer: operator, cookies: false }),
      },
      {
        id: "document-write",
        label: "Write it",
        needs: "operator",
        request: ({ operator }) => ({ method: "POST", path: "/documents/plan", bearer: operator, cookies: false }),
      },
      {
        id: "document-archived",
        label: "Write an archived one",
        needs: "operator",
        request: ({ operator }) => ({ method: "POST", path: "/documents/letters", bearer: operator, cookies: false }),
      },
    ],
  },
  {
    title: "WebSocket",
    hint: "Opens with the token in memory, and is closed when that expires or is revoked: see the events.",
    guides: ["docs/guides/websockets.md"],
    experiments: [
      {
        id: "socket",
        label: "Open a WebSocket",
        needs: "access",
        request: ({ access }) => ({ path: "/events", bearer: access, socket: true }),
      },
      {
        id: "socket-forged",
        label: "With a forged token",
        needs: "access",
        request: ({ access }) => ({ path: "/events", bearer: withForgedScopes(access), socket: true }),
      },
    ],
  },
  {
    title: "Places",
    hint: "Each route searches one location only.",
    guides: ["docs/guides/single-page-applications.md"],
    experiments: [
      {
        id: "in-header",
        label: "In the header",
        needs: "access",
        request: ({ access }) => ({ path: "/token-in/header", bearer: access, cookies: false }),
      },
      { id: "in-cookie", label: "In the cookie", request: () => ({ path: "/token-in/cookie" }) },
      {
        id: "in-query",
        label: "In the query",
        needs: "access",
        request: ({ access }) => ({ path: `/token-in/query?token=${access}`, cookies: false }),
      },
      {
        id: "in-json",
        label: "In the JSON body",
        needs: "access",
        request: ({ access }) => ({
          method: "POST",
          path: "/token-in/json",
          json: { access_token: access },
          cookies: false,
        }),
      },
    ],
  },
  {
    title: "Cross-site requests",
    hint: "Another site can make the browser send the cookie, but can't read its CSRF value.",
    guides: ["docs/guides/single-page-applications.md"],
    experiments: [
      {
        id: "csrf-right",
        label: "With the CSRF value",
        request: () => ({ method: "POST", path: "/token-in/cookie", csrf: "access" }),
      },
      {
        id: "csrf-missing",
        label: "Without it",
        request: () => ({ method: "POST", path: "/token-in/cookie" }),
      },
      {
        id: "csrf-wrong",
        label: "With a guess",
        request: () => ({ method: "POST", path: "/token-in/cookie", csrf: "a-guess" }),
      },
    ],
  },
  {
    title: "Forgeries",
    hint: "Made on this page from the token in memory.",
    guides: ["docs/security.md"],
    experiments: [
      {
        id: "tampered",
        label: "More scopes, same signature",
        needs: "access",
        request: ({ access }) => ({ path: "/admin", bearer: withForgedScopes(access), cookies: false }),
      },
      {
        id: "unsigned",
        label: "Algorithm “none”",
        needs: "access",
        request: ({ access }) => ({ path: "/me", bearer: withoutSignature(access), cookies: false }),
      },
    ],
  },
  {
    title: "The wrong token",
    hint: "No route accepts a refresh token, wherever it is sent.",
    guides: ["docs/errors.md"],
    experiments: [
      {
        id: "refresh-in-header",
        label: "Refresh token in the header",
        needs: "refresh",
        request: ({ refresh }) => ({ path: "/token-in/header", bearer: refresh, cookies: false }),
      },
      {
        id: "refresh-in-query",
        label: "Refresh token in the query",
        needs: "refresh",
        request: ({ refresh }) => ({ path: `/token-in/query?token=${refresh}`, cookies: false }),
      },
      {
        id: "refresh-in-json",
        label: "Refresh token in the JSON body",
        needs: "refresh",
        request: ({ refresh }) => ({
          method: "POST",
          path: "/token-in/json",
          json: { access_token: refresh },
          cookies: false,
        }),
      },
    ],
  },
  {
    title: "Revocation",
    hint: "Revokes the token in memory by its id. Right after a login the cookie holds the same one; Refresh gets another.",
    guides: ["docs/guides/blocklist.md", "docs/sessions.md"],
    experiments: [
      {
        id: "revoke",
        label: "Revoke the token",
        needs: "access",
        request: ({ access }) => ({ method: "POST", path: "/auth/revoke", bearer: access, cookies: false }),
      },
      {
        id: "revoked",
        label: "Try the revoked token",
        needs: "access",
        request: ({ access }) => ({ path: "/me", bearer: access, cookies: false }),
      },
    ],
  },
];
