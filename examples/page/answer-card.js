// The card with the last answer, and where it stands: beside the buttons, or on a narrow screen below the one that asked.

import { answerInWords, answerView } from "./answer-view.js";
import { byId, element } from "./dom.js";

// As in narrow.css, where the columns become one.
const narrow = matchMedia("(max-width: 860px)");
const card = byId("answer");
const column = card.parentElement;
let asker = null;

/** Shows an answer to the button's request. Without a button, such as at the start, the card stays where it is. */
export function showAnswer(answer, button = null) {
  show(button, ...answerView(answer));
  announce(answerInWords(answer));
}

/** Says in the card why the button asked nothing. */
export function showWords(words, button) {
  show(button, element("p", { class: "empty" }, words));
  announce(words);
}

/** Empties the card and puts it back into its column. */
export function clearAnswer() {
  asker = null;
  byId("answer-body").replaceChildren(
    element("p", { class: "empty" }, "Press a button: the request and its answer appear here."),
  );
  place();
}

function show(button, ...children) {
  // Whatever opens or closes above the button, it stays under the finger.
  const before = button?.getBoundingClientRect().top;
  asker = button;
  byId("answer-body").replaceChildren(...children);
  place();
  if (!button || !narrow.matches) return;
  scrollBy({ top: button.getBoundingClientRect().top - before, behavior: "instant" });
  reveal(button);
}

function place() {
  // What the button belongs to can say where its answer stands; else that is right after the button.
  const place = asker && narrow.matches ? asker.closest("[data-asks]") ?? asker : null;
  if (place) place.after(card);
  else if (card.parentElement !== column) column.prepend(card);
}

/** Scrolls until the end of the card is in view, but not so far that its button isn't. */
function reveal(button) {
  const margin = 12;
  const hidden = card.getBoundingClientRect().bottom + margin - innerHeight;
  const free = button.getBoundingClientRect().top - margin;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  if (hidden > 0 && free > 0) scrollBy({ top: Math.min(hidden, free), behavior });
}

/** Tells a screen reader. */
function announce(words) {
  byId("announcement").textContent = words;
}

narrow.addEventListener("change", place);
