// Shows one request and its answer.

import { element, prettyJson } from "./dom.js";

/** The elements that show `answer`, as `send` returned it. */
export function answerView(answer) {
  const { request, status, headers, cookieNote, body, milliseconds } = answer;
  return [
    element(
      "div",
      { class: "exchange" },
      element("p", { class: `status ${statusKind(status)}`, id: "answer-status" }, String(status)),
      element(
        "div",
        { class: "exchange-words" },
        element("p", { class: "mono request-line" }, `${request.method} ${shortened(request.path)}`),
        element("p", { class: "note" }, `${outcome(answer)} · ${milliseconds.toFixed(0)} ms`),
      ),
    ),
    // First, so that all of it is in view without scrolling.
    typeof body === "string"
      ? element("pre", { class: "json" }, body)
      : prettyJson(JSON.parse(shortened(JSON.stringify(body)))),
    element("h3", {}, "Sent"),
    pairs(sent(request)),
    element("h3", {}, "Received"),
    pairs([...headers, ["set-cookie", element("span", { class: "note" }, `hidden from scripts; ${cookieNote}`)]]),
  ];
}

/** The answer in one short sentence, for screen readers. */
export function answerInWords(answer) {
  return `${answer.request.method} ${answer.request.path.split("?")[0]}: ${answer.status}, ${outcome(answer)}`;
}

/** "good" or "bad", for the colour. */
export function statusKind(status) {
  // 1006 and the like are codes of a WebSocket's end.
  return status < 400 ? "good" : "bad";
}

function outcome({ ok, body }) {
  if (ok) return "accepted";
  return body?.error_type ?? "refused";
}

function sent({ headers, json, cookies }) {
  const lines = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), shortened(value)]);
  lines.push(["cookie", cookies ? "as the browser sends them" : "none"]);
  if (json !== undefined) lines.push(["body", shortened(JSON.stringify(json))]);
  return lines;
}

function pairs(entries) {
  return element(
    "dl",
    { class: "pairs mono" },
    ...entries.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}

/** Tokens are long; their beginning is enough to recognise them. */
function shortened(text) {
  return text.replace(/(eyJ[\w-]{8})[\w.-]{20,}/g, "$1…");
}
