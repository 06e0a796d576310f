// The demo's page: binds its parts together, and begins.

import { byId } from "./dom.js";
import { record, reportUnreachable } from "./events.js";
import { csrfValue } from "./http.js";
import { logIn, logOut, refresh } from "./login.js";
import { keepAsking, readSession } from "./renewal.js";
import { showServices } from "./services.js";
import { state } from "./state.js";
import { bindTabs } from "./tabs.js";
import { buildExperiments } from "./tries.js";
import { render, showTab, tick } from "./view.js";

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
  bindTabs(showTab);
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
