// Decodes tokens and explains their claims. Only the service can verify them.

const MEANING = {
  alg: "how it is signed",
  typ: "what it is",
  kid: "which key signed it",
  iss: "who issued it",
  sub: "the user it is for",
  aud: "who may accept it",
  exp: "refused from then on",
  nbf: "refused before then",
  iat: "issued at",
  jti: "its id, for revoking it",
  type: { access: "opens routes", refresh: "only gets access tokens" },
  csrf: "must be repeated in X-CSRF-TOKEN",
  scopes: "what it may do",
  fresh: { true: "a password was just given", false: "no password was given for it" },
  login: "this login, to revoke all of it",
};

export const TIMES = new Set(["exp", "nbf", "iat"]);

// The subject comes first; ids come last.
const ORDER = ["sub", "type", "scopes", "fresh", "iat", "nbf", "exp", "iss", "aud", "csrf", "jti"];

/** The claim's meaning in a few words. */
export function meaning(claim, value) {
  const words = MEANING[claim] ?? "a custom claim";
  return typeof words === "string" ? words : words[String(value)] ?? "";
}

/** The claims as pairs, the most interesting ones first and custom ones at the end. */
export function ordered(claims) {
  const place = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return Object.entries(claims).sort(([a], [b]) => place(a) - place(b));
}

/** Splits a token into its three segments, and decodes the first two. */
export function decode(token) {
  const segments = token.split(".");
  return { segments, header: read(segments[0]), claims: read(segments[1]) };
}

/** The token with more scopes than it was given, and the old signature. */
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
