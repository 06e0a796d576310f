// Reads tokens and says what is in them. Reading is not verifying: only the service can do that.

const MEANING = {
  alg: "how it is signed",
  typ: "what it is",
  kid: "which key signed it",
  iss: "who issued it",
  sub: "whom it speaks for",
  aud: "who may accept it",
  exp: "refused from then on",
  nbf: "refused before then",
  iat: "issued at",
  jti: "its own id, to revoke it by",
  type: { access: "opens routes", refresh: "only buys access tokens" },
  csrf: "must be repeated in X-CSRF-TOKEN",
  scopes: "what it may do",
  fresh: { true: "a password was just given", false: "no password was given for it" },
  login: "this login, to revoke all of it",
};

export const TIMES = new Set(["exp", "nbf", "iat"]);

// Who and until when come first; ids come last.
const ORDER = ["sub", "type", "scopes", "fresh", "iat", "nbf", "exp", "iss", "aud", "csrf", "jti"];

/** What the claim says, in a few words. */
export function meaning(claim, value) {
  const words = MEANING[claim] ?? "a custom claim";
  return typeof words === "string" ? words : words[String(value)] ?? "";
}

/** The claims as pairs, in the order in which a person asks for them; the unknown ones at the end. */
export function ordered(claims) {
  const place = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return Object.entries(claims).sort(([a], [b]) => place(a) - place(b));
}

/** Splits a token into its three texts, and reads the first two. */
export function decode(token) {
  const segments = token.split(".");
  return { segments, header: read(segments[0]), claims: read(segments[1]) };
}

/** The token with more scopes than it was given, under the old signature. */
export function withForgedScopes(token) {
  const { segments, claims } = decode(token);
  return [segments[0], write({ ...claims, scopes: ["admin:*", "superuser"] }), segments[2]].join(".");
}

/** The token with its algorithm set to "none", and no signature. */
export function withoutSignature(token) {
  const { segments, header } = decode(token);
  return [write({ ...header, alg: "none" }), segments[1], ""].join(".");
}

function read(segment) {
  const binary = atob(segment.replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0))));
}

function write(object) {
  const binary = String.fromCharCode(...new TextEncoder().encode(JSON.stringify(object)));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
