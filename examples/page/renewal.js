// The access cookie's session, and the implicit refresh that replaces the cookie.

import { clearAnswer } from "./answer-card.js";
import { byId, timeOfDay } from "./dom.js";
import { record, reportUnreachable } from "./events.js";
import { csrfValue, send } from "./http.js";
import { forget, state } from "./state.js";
import { askingInterval, render } from "./view.js";

/** Gets the access cookie's claims, and notices whether that request made the service replace the cookie. */
export async function readSession() {
  await readClaims();
  await noticeReplacement();
  render();
}

/** Asks for the claims again if a request may have made the service replace the access cookie. */
export async function noticeReplacement() {
  const csrf = csrfValue("access");
  if (!state.session || !csrf) return;
  // Scripts can't see the cookie change, so the service is asked where the last request may have replaced it.
  const wasDue = state.session.exp - Date.now() / 1000 <= (state.window ?? 0);
  if (!wasDue && csrf === state.csrf) return;
  state.csrf = csrf;
  await readClaims();
  render();
}

/** Asks the service for the claims, because scripts can't read the cookie. Other claims than before are an event. */
async function readClaims() {
  const answer = await send({ path: "/session" });
  if (answer.ok) {
    const before = state.session;
    state.session = answer.body.claims;
    state.window = answer.body.refresh_window_seconds;
    state.refusal = null;
    if (before && before.jti !== state.session.jti) recordReplacement(before, state.session);
  } else if (state.session && !csrfValue("access")) {
    leave("This login was ended elsewhere");
  } else if (state.session && !state.refusal) {
    state.refusal = answer.body.error_type;
    record("refused", `The access cookie is no longer accepted: ${answer.body.error_type}`);
  }
}

function recordReplacement(before, now) {
  state.renewals += 1;
  record("renewed", `Access cookie replaced: valid until ${timeOfDay(now.exp)}, was ${timeOfDay(before.exp)}`);
}

/** Asks again and again, as a page in use does, so that implicit refresh can be watched. */
export async function keepAsking() {
  if (state.session && !state.refusal && byId("keep-asking").checked) await readSession().catch(reportUnreachable);
  setTimeout(keepAsking, 1000 * askingInterval());
}

/** Shows the login again, with these words. */
export function leave(words) {
  forget();
  clearAnswer();
  render();
  byId("login-note").textContent = words;
  byId("name").focus();
}
