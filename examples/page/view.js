// The cards that show the state: the clocks and the token.

import { clock } from "./clock.js";
import { byId } from "./dom.js";
import { cookieInWords, hasExpired, showExpiry } from "./expiry.js";
import { state } from "./state.js";
import { decode } from "./token.js";
import { hiddenTokenView, noTokenView, tokenView } from "./token-view.js";

const clocks = { cookie: clock(byId("clock-cookie")), memory: clock(byId("clock-memory")) };

let shownTab = "memory";

/** Shows the token of this tab. */
export function showTab(name) {
  shownTab = name;
  renderToken();
  tick();
}

/** Shows the page for the state: the login, or the cards. */
export function render() {
  const loggedIn = state.session !== null;
  byId("welcome").hidden = loggedIn;
  byId("bench").hidden = !loggedIn;
  byId("logout").hidden = !loggedIn;
  if (!loggedIn) return;
  byId("who").textContent = `of ${state.session.sub}'s tokens`;
  byId("interval").textContent = String(askingInterval());
  const refusedEarly = state.refusal && !hasExpired(state.session);
  clocks.cookie.show(refusedEarly ? null : state.session, state.window);
  clocks.memory.show(state.memory.access ? decode(state.memory.access).claims : null);
  renderToken();
  tick();
}

/** What changes with time alone. */
export function tick() {
  Object.values(clocks).forEach((each) => each.tick());
  if (!state.session) return;
  const words = cookieInWords(state.session, state.refusal, renewalsInWords(state.renewals));
  if (byId("renewals").textContent !== words) byId("renewals").textContent = words;
  showExpiry(shownTab, shownClaims());
}

/** The claims of the token in the selected tab, if the page knows it. */
function shownClaims() {
  if (shownTab === "cookie") return state.session;
  const token = shownTab === "memory" ? state.memory.access : state.memory.refresh;
  return token ? decode(token).claims : null;
}

function renewalsInWords(count) {
  if (count === 0) return "Any request renews it once the ring enters its marked part.";
  return count === 1 ? "Renewed once by implicit refresh." : `Renewed ${count} times by implicit refresh.`;
}

function renderToken() {
  const { access, refresh: refreshToken } = state.memory;
  const views = {
    memory: () => (access ? tokenView(access) : noTokenView("The page was reloaded and has no token in memory. Refresh to get one.")),
    cookie: () => hiddenTokenView(state.session),
    refresh: () => (refreshToken ? tokenView(refreshToken) : noTokenView("The page was reloaded. The refresh token is in its HttpOnly cookie only.")),
  };
  const panel = byId("token-panel");
  const key = [shownTab, access, refreshToken, state.session.jti].join(" ");
  // Rebuilt only after a change, so that a selection or the focus is kept.
  if (panel.dataset.key === key) return;
  panel.dataset.key = key;
  panel.replaceChildren(...views[shownTab]());
}

/** The seconds between requests: several fall into the refresh window, but they don't flood the list of events. */
export function askingInterval() {
  return Math.min(5, Math.max(1, Math.floor((state.window ?? 30) / 6)));
}
