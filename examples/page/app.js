// The demo's page: its state and its event handlers.

import { clearAnswer, showAnswer, showWords } from "./answer-card.js";
import { statusKind } from "./answer-view.js";
import { clock } from "./clock.js";
import { codeOf } from "./code-view.js";
import { byId, element, sourceLink, timeOfDay } from "./dom.js";
import { cookieInWords, hasExpired, showExpiry } from "./expiry.js";
import { GROUPS } from "./experiments.js";
import { csrfValue, send } from "./http.js";
import { showServices } from "./services.js";
import { bindTabs } from "./tabs.js";
import { decode } from "./token.js";
import { hiddenTokenView, noTokenView, tokenView } from "./token-view.js";

const LOGGED_OUT = { session: null, memory: {}, renewals: 0, refusal: null };

// A placeholder for a token, to build a request of which only the route is shown ("e30" is "{}").
const EMPTY_TOKEN = "e30.e30.e30";

let state = { ...LOGGED_OUT };
let shownTab = "memory";
// The last CSRF value. It changes with a login or a refresh, also in another tab, and stays when a cookie is replaced.
let knownCsrf = csrfValue("access");

const clocks = { cookie: clock(byId("clock-cookie")), memory: clock(byId("clock-memory")) };

// --- login, refresh, logout ---

async function logIn(event) {
  event.preventDefault();
  const form = event.currentTarget;
  byId("login-error").textContent = "";
  byId("login-note").textContent = "";
  const answer = await send({
    method: "POST",
    path: "/auth/login",
    json: { name: form.elements.name.value, password: form.elements.password.value },
  });
  if (!answer.ok) {
    byId("login-error").textContent = answer.body.message ?? "The login was refused";
    form.elements.password.focus();
    return;
  }
  form.reset();
  knownCsrf = csrfValue("access");
  state = { ...LOGGED_OUT, memory: { access: answer.body.access_token, refresh: answer.body.refresh_token } };
  byId("events").replaceChildren();
  clearAnswer();
  clearResults();
  await readSession();
  record("login", `Logged in as ${state.session.sub}: access and refresh cookies set`);
  byId("main").focus();
}

async function refresh(button) {
  const answer = await send({ method: "POST", path: "/auth/refresh", csrf: "refresh" });
  showAnswer(answer, button);
  if (!answer.ok) {
    record("refused", `Refresh refused: ${answer.body.error_type}`);
    return;
  }
  knownCsrf = csrfValue("access");
  state.memory.access = answer.body.access_token;
  await readSession();
  record("refresh", `Refreshed: a new access token, valid until ${timeOfDay(state.session.exp)}, not fresh`);
}

async function logOut(button) {
  const answer = await send({ method: "POST", path: "/auth/logout", csrf: "refresh" });
  showAnswer(answer, button);
  if (!answer.ok) {
    record("refused", `Logout refused: ${answer.body.error_type}`);
    return;
  }
  leave("Logged out");
}

function leave(words) {
  knownCsrf = csrfValue("access");
  state = { ...LOGGED_OUT };
  clearAnswer();
  render();
  byId("login-note").textContent = words;
  byId("name").focus();
}

// --- the session, and the implicit refresh ---

/** Gets the access cookie's claims, and notices whether that request made the service replace the cookie. */
async function readSession() {
  await readClaims();
  await noticeReplacement();
  render();
}

/** If a request made the service replace the access cookie, records that and gets the new claims. */
async function noticeReplacement() {
  const csrf = csrfValue("access");
  if (!state.session || !csrf) return;
  // Scripts can't see the cookie change, so the service is asked where the last request may have replaced it.
  const wasDue = state.session.exp - Date.now() / 1000 <= (state.window ?? 0);
  if (!wasDue && csrf === knownCsrf) return;
  knownCsrf = csrf;
  const before = state.session;
  await readClaims();
  if (!state.session || state.session.jti === before.jti) return;
  state.renewals += 1;
  record("renewed", `Access cookie replaced: valid until ${timeOfDay(state.session.exp)}, was ${timeOfDay(before.exp)}`);
  render();
}

/** Asks the service for the claims, because scripts can't read the cookie. */
async function readClaims() {
  const answer = await send({ path: "/session" });
  if (answer.ok) {
    state.session = answer.body.claims;
    state.window = answer.body.refresh_window_seconds;
    state.refusal = null;
  } else if (state.session && !csrfValue("access")) {
    leave("This login was ended elsewhere");
  } else if (state.session && !state.refusal) {
    state.refusal = answer.body.error_type;
    record("refused", `The access cookie is no longer accepted: ${answer.body.error_type}`);
  }
}

/** The seconds between requests: several fall into the refresh window, but they don't flood the list of events. */
function askingInterval() {
  return Math.min(5, Math.max(1, Math.floor((state.window ?? 30) / 6)));
}

async function keepAsking() {
  if (state.session && !state.refusal && byId("keep-asking").checked) await readSession().catch(reportUnreachable);
  setTimeout(keepAsking, 1000 * askingInterval());
}

// --- the experiments ---

async function run(experiment, button) {
  if (experiment.needs && !state.memory[experiment.needs]) {
    const words =
      experiment.needs === "access"
        ? "There is no access token in memory, because the page was reloaded. Refresh to get one."
        : "There is no refresh token in memory, because the page was reloaded. Log out and in to get one.";
    showWords(words, button);
    return;
  }
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await send(experiment.request({ ...state.memory, password: ownPassword() }));
    markResult(button, answer.status);
    showAnswer(answer, button);
    await noticeReplacement();
  } catch (error) {
    reportUnreachable(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** The user's current password. It is set again as the new one, so that the passwords on the page stay right. */
function ownPassword() {
  return document.querySelector(`.person[data-name="${CSS.escape(state.session.sub)}"]`)?.dataset.password ?? "";
}

function buildExperiments() {
  byId("experiments").replaceChildren(
    ...GROUPS.map(({ title, hint, guides, experiments }, index) =>
      element(
        "div",
        { class: "group", role: "group", "aria-labelledby": `group-${index}` },
        element("h3", { id: `group-${index}` }, title),
        element("p", { class: "note" }, hint),
        element("p", { class: "note guides" }, "Read on: ", ...guides.flatMap((guide) => [sourceLink(guide), " "])),
        element("div", { class: "buttons" }, ...experiments.flatMap(experimentRow)),
      ),
    ),
  );
}

/** The button that tries it, beside it the one for its code, and below both the code. */
function experimentRow(experiment) {
  const { method = "GET", path } = experiment.request({ access: EMPTY_TOKEN, refresh: EMPTY_TOKEN });
  const button = element(
    "button",
    { type: "button", class: "try", id: `try-${experiment.id}` },
    element("span", { class: "try-label" }, experiment.label),
    element("span", { class: "try-route mono" }, `${method} ${path.replace(/=.*/, "=…")}`),
    element("span", { class: "result mono" }),
  );
  button.addEventListener("click", () => run(experiment, button));
  const code = codeOf({ id: experiment.id, label: experiment.label, method, path });
  return [element("div", { class: "experiment", "data-asks": true }, button, code.button), code.place];
}

function markResult(button, status) {
  const result = button.querySelector(".result");
  result.textContent = String(status);
  result.className = `result mono ${statusKind(status)}`;
}

// --- what is shown ---

function render() {
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
function tick() {
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

function clearResults() {
  for (const result of document.querySelectorAll(".result")) {
    result.textContent = "";
    result.className = "result mono";
  }
}

function record(kind, words) {
  const events = byId("events");
  const now = timeOfDay(Date.now() / 1000);
  events.prepend(element("li", { class: `event ${kind}` }, element("time", { class: "mono" }, now), element("span", {}, words)));
  while (events.children.length > 50) events.lastChild.remove();
}

function reportUnreachable() {
  record("refused", "The service can't be reached");
}

// --- start ---

function fillIn(event) {
  const { name, password } = event.currentTarget.dataset;
  byId("name").value = name;
  byId("password").value = password;
  byId("login").querySelector("[type=submit]").focus();
}

async function start() {
  byId("origin").textContent = location.host;
  buildExperiments();
  byId("login").addEventListener("submit", (event) => logIn(event).catch(() => {
    byId("login-error").textContent = "The service can't be reached";
  }));
  byId("refresh").addEventListener("click", (event) => refresh(event.currentTarget).catch(reportUnreachable));
  byId("logout").addEventListener("click", (event) => logOut(event.currentTarget).catch(reportUnreachable));
  for (const person of document.querySelectorAll(".person")) person.addEventListener("click", fillIn);
  bindTabs((name) => {
    shownTab = name;
    renderToken();
    tick();
  });
  setInterval(tick, 250);

  await Promise.all([showServices(byId("services")), resume()].map((each) => each.catch(reportUnreachable)));
  render();
  document.documentElement.dataset.ready = "";
  keepAsking();
}

/** Resumes a login after the page was reloaded. Without CSRF cookies there is none, so no request is made. */
async function resume() {
  if (csrfValue("access")) await readSession();
  if (!state.session && csrfValue("refresh")) await refresh();
  if (state.session) record("login", `Still logged in as ${state.session.sub}: the cookies outlived the page`);
}

start();
