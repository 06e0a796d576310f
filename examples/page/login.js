// Login, refresh, logout.

import { clearAnswer, showAnswer } from "./answer-card.js";
import { byId, timeOfDay } from "./dom.js";
import { record } from "./events.js";
import { csrfValue, send } from "./http.js";
import { leave, readSession } from "./renewal.js";
import { forget, state } from "./state.js";
import { decode } from "./token.js";
import { clearResults } from "./tries.js";

export async function logIn(event) {
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
  forget({ access: answer.body.access_token, refresh: answer.body.refresh_token });
  byId("events").replaceChildren();
  clearAnswer();
  clearResults();
  await readSession();
  record("login", `Logged in as ${state.session.sub}: access and refresh cookies set`);
  byId("main").focus();
}

export async function refresh(button) {
  const answer = await send({ method: "POST", path: "/auth/refresh", csrf: "refresh" });
  showAnswer(answer, button);
  if (!answer.ok) {
    record("refused", `Refresh refused: ${answer.body.error_type}`);
    return;
  }
  state.csrf = csrfValue("access");
  state.memory.access = answer.body.access_token;
  // The cookie has the same token, so that this isn't taken for an implicit refresh.
  state.session = decode(answer.body.access_token).claims;
  await readSession();
  record("refresh", `Refreshed: a new access token, valid until ${timeOfDay(state.session.exp)}, not fresh`);
}

export async function logOut(button) {
  const answer = await send({ method: "POST", path: "/auth/logout", csrf: "refresh" });
  showAnswer(answer, button);
  if (!answer.ok) {
    record("refused", `Logout refused: ${answer.body.error_type}`);
    return;
  }
  leave("Logged out");
}
