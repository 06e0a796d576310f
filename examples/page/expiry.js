// Says in the token's card, and beside the clock of the cookie, that a token has expired, without asking the service.

import { byId, timeOfDay } from "./dom.js";

const NEXT = {
  memory: "Refresh gets a new one.",
  cookie: "Refresh gets a new one.",
  refresh: "Log out and in to get another.",
};

/**
 * Shows in the token's card whether the token of this tab has expired.
 *
 * It is called several times a second, so it changes nothing that is right: a screen reader reads each change.
 */
export function showExpiry(tab, claims) {
  const words = hasExpired(claims) ? `Expired at ${timeOfDay(claims.exp)}: every route refuses it. ${NEXT[tab]}` : "";
  const note = byId("token-expired");
  if (note.textContent !== words) note.textContent = words;
  byId("token-panel").toggleAttribute("data-expired", words !== "");
}

/** What the clock of the cookie says: that it has expired, why it is refused, else `words`. */
export function cookieInWords(claims, refusal, words) {
  if (hasExpired(claims)) return "Expired: every route refuses it. Refresh gets a new one.";
  return refusal ? `Refused: ${refusal}. Refresh gets a new one.` : words;
}

export function hasExpired(claims) {
  return Boolean(claims?.exp) && claims.exp <= Date.now() / 1000;
}
