// The code of the route that an experiment tries, in Python and in Rust. scripts/demo_code.py cuts it out of the services.

import { byId, element, sourceLink } from "./dom.js";

const LANGUAGES = { python: "Python", rust: "Rust" };

let asked = null;

/** A button that opens and closes the code of the route that answers `method path`, and the place for the code. */
export function codeOf({ id, label, method, path }) {
  const place = element("div", { class: "code", id: `code-${id}`, hidden: true });
  const button = element(
    "button",
    { type: "button", class: "quiet code-button", "aria-expanded": "false", "aria-controls": place.id, "aria-label": `Code: ${label}` },
    "Code",
  );
  button.addEventListener("click", async () => {
    if (place.hidden && !place.hasChildNodes()) place.append(...(await blocks(method, path)));
    place.hidden = !place.hidden;
    button.setAttribute("aria-expanded", String(!place.hidden));
  });
  return { button, place };
}

async function blocks(method, path) {
  try {
    asked ??= fetch("/static/code.json").then((answer) => answer.json());
    const route = routeOf(await asked, method, path);
    return Object.entries(LANGUAGES).flatMap(([language, name]) => block(name, route[language]));
  } catch {
    asked = null;
    byId("announcement").textContent = "The code can't be loaded";
    return [];
  }
}

function block(language, { file, line, code }) {
  return [
    element("p", { class: "code-head" }, element("b", {}, language), " ", sourceLink(file, `${file}:${line}`)),
    element("pre", { class: "json", tabindex: "0", "aria-label": `${language} code` }, code),
  ];
}

/** The route whose path, such as `/users/{id}`, fits the request. */
function routeOf(routes, method, path) {
  const segments = path.split("?")[0].split("/");
  const fits = (template) =>
    template.length === segments.length &&
    template.every((segment, index) => segment.startsWith("{") || segment === segments[index]);
  const found = Object.keys(routes).find((route) => {
    const [verb, template] = route.split(" ");
    return verb === method && fits(template.split("/"));
  });
  return routes[found];
}
