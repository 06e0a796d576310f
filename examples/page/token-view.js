// Shows one token: its three segments in colour, and each claim with its meaning.

import { element, timeOfDay } from "./dom.js";
import { TIMES, decode, meaning, ordered } from "./token.js";

/** A token that the page has in memory. */
export function tokenView(token) {
  const { segments, header, claims } = decode(token);
  return [
    element(
      "p",
      { class: "raw mono", "aria-label": "The encoded token" },
      element("span", { class: "seg-header" }, segments[0]),
      ".",
      element("span", { class: "seg-payload" }, segments[1]),
      ".",
      element("span", { class: "seg-signature" }, segments[2]),
    ),
    claimsTable("Header", "seg-header", Object.entries(header)),
    claimsTable("Payload", "seg-payload", ordered(claims)),
    signatureNote(header.alg),
  ];
}

/** A token in an HttpOnly cookie, of which the page has only the claims, from the service. */
export function hiddenTokenView(claims) {
  return [
    element(
      "p",
      { class: "raw hidden-token" },
      element("span", { class: "seg-header", "aria-hidden": "true" }),
      element("span", { class: "seg-payload", "aria-hidden": "true" }),
      element("span", { class: "seg-signature", "aria-hidden": "true" }),
      element("span", { class: "hidden-words" }, "HttpOnly: no script can read it. GET /session verifies it and returns its claims."),
    ),
    claimsTable("Payload", "seg-payload", ordered(claims)),
  ];
}

/** Says why there is no token to show. */
export function noTokenView(words) {
  return [element("p", { class: "empty" }, words)];
}

function claimsTable(title, colour, pairs) {
  return element(
    "table",
    { class: `claims ${colour}` },
    element("caption", {}, title),
    element(
      "tbody",
      {},
      ...pairs.map(([name, value]) =>
        element(
          "tr",
          { "data-claim": name },
          element("th", { scope: "row", class: "mono" }, name),
          element("td", { class: "mono value" }, ...shown(name, value)),
          element("td", { class: "meaning" }, meaning(name, value)),
        ),
      ),
    ),
  );
}

function shown(name, value) {
  if (TIMES.has(name) && typeof value === "number") {
    return [timeOfDay(value), element("span", { class: "raw-number" }, ` ${Math.floor(value)}`)];
  }
  if (name === "scopes") return value.flatMap((scope) => [element("span", { class: "scope" }, scope), " "]);
  return [typeof value === "string" ? value : JSON.stringify(value)];
}

function signatureNote(algorithm) {
  const words = algorithm.startsWith("HS")
    ? "made with the service's secret over the two other parts; whoever changes them can't make it again"
    : "made with the service's private key over the two other parts; anyone with the public key can check it";
  return element("p", { class: "signature-note seg-signature" }, element("b", {}, "Signature "), words);
}
