// The list of events.

import { byId, element, timeOfDay } from "./dom.js";

export function record(kind, words) {
  const events = byId("events");
  const now = timeOfDay(Date.now() / 1000);
  events.prepend(element("li", { class: `event ${kind}` }, element("time", { class: "mono" }, now), element("span", {}, words)));
  while (events.children.length > 50) events.lastChild.remove();
}

export function reportUnreachable() {
  record("refused", "The service can't be reached");
}
