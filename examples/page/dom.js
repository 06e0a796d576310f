// Elements are built from text nodes only, never from markup, so that no script in a token or an answer can run.

/** Builds an element: `element("p", { class: "note" }, "text", child)`. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

export const byId = (id) => document.getElementById(id);

/** An instant, in seconds since the epoch, as the time of day; with its date unless that is today. */
export function timeOfDay(seconds) {
  const instant = new Date(seconds * 1000);
  const time = instant.toLocaleTimeString("en-GB");
  return instant.toDateString() === new Date().toDateString() ? time : `${instant.toLocaleDateString("en-CA")} ${time}`;
}

/** A link to a file of the repository, by its path, which the service serves as text. */
export function sourceLink(path, words = path) {
  // In another tab, because the tokens in this page's memory would be lost.
  const hint = element("span", { class: "sr-only" }, " (opens in a new tab)");
  return element("a", { href: `/source/${path}`, target: "_blank", rel: "noopener", class: "mono source" }, words, hint);
}

/** JSON, indented and coloured by kind. */
export function prettyJson(value) {
  const block = element("pre", { class: "json", tabindex: "0", "aria-label": "JSON" });
  const json = withShortListsInOneLine(JSON.stringify(value, null, 2));
  const lexeme = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  let end = 0;
  for (const match of json.matchAll(lexeme)) {
    block.append(json.slice(end, match.index));
    const [whole, string, colon, word] = match;
    const kind = colon ? "key" : string ? "string" : word ? "word" : "number";
    block.append(element("span", { class: `json-${kind}` }, string ?? whole), colon ?? "");
    end = match.index + whole.length;
  }
  block.append(json.slice(end));
  return block;
}

/** Lists of plain values, such as scopes, need one line instead of one for each value. */
function withShortListsInOneLine(json) {
  const list = /\[\n\s+((?:"(?:\\.|[^"\\])*"|[\w.+-]+)(?:,\n\s+(?:"(?:\\.|[^"\\])*"|[\w.+-]+))*)\n\s+\]/g;
  return json.replace(list, (_, values) => `[${values.replace(/,\n\s+/g, ", ")}]`);
}
