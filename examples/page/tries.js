// The buttons of the experiments.

import { showAnswer, showWords } from "./answer-card.js";
import { statusKind } from "./answer-view.js";
import { codeOf } from "./code-view.js";
import { byId, element, sourceLink } from "./dom.js";
import { reportUnreachable } from "./events.js";
import { GROUPS } from "./experiments.js";
import { send } from "./http.js";
import { noticeReplacement } from "./renewal.js";
import { openSocket } from "./socket.js";
import { state } from "./state.js";

// A placeholder for a token, to build a request of which only the route is shown ("e30" is "{}").
const EMPTY_TOKEN = "e30.e30.e30";

// What to do where an experiment needs a token that the page doesn't have.
const MISSING = {
  access: "There is no access token in memory, because the page was reloaded. Refresh to get one.",
  refresh: "There is no refresh token in memory, because the page was reloaded. Log out and in to get one.",
  operator: "There is no operator's token in memory. Log in as an operator first, under “Login types”.",
  stored: "There is no token of a login in the store. Begin one first.",
  newest: "There is no refresh token of a login in the store. Begin one first.",
  used: "No refresh token was used yet. Begin a login in the store, and use its newest refresh token first.",
};

async function run(experiment, button) {
  if (experiment.needs && !state.memory[experiment.needs]) {
    showWords(MISSING[experiment.needs], button);
    return;
  }
  button.setAttribute("aria-busy", "true");
  try {
    const request = experiment.request({ ...state.memory, password: ownPassword() });
    const answer = await (request.socket ? openSocket(request) : send(request));
    if (answer.ok) remember(experiment, answer.body);
    markResult(button, answer.status);
    showAnswer(answer, button);
    await noticeReplacement();
  } catch (error) {
    reportUnreachable(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function remember({ keeps = {}, gives = {} }, body) {
  for (const [name, known] of Object.entries(keeps)) state.memory[name] = state.memory[known];
  for (const [name, field] of Object.entries(gives)) state.memory[name] = body[field];
}

/** The user's current password. It is set again as the new one, so that the passwords on the page stay right. */
function ownPassword() {
  return document.querySelector(`.person[data-name="${CSS.escape(state.session.sub)}"]`)?.dataset.password ?? "";
}

export function buildExperiments() {
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
  const { method = "GET", path } = experiment.request({ access: EMPTY_TOKEN, refresh: EMPTY_TOKEN, operator: EMPTY_TOKEN });
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

export function clearResults() {
  for (const result of document.querySelectorAll(".result")) {
    result.textContent = "";
    result.className = "result mono";
  }
}
