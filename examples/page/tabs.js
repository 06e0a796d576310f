// The tabs of the token's card.

import { byId } from "./dom.js";

const TABS = ["memory", "cookie", "refresh"];

/** Makes the tabs work by pointer and by arrow keys; `onSelect` gets the name of the selected one. */
export function bindTabs(onSelect) {
  let shown = TABS[0];

  function select(name) {
    shown = name;
    for (const each of TABS) {
      const tab = byId(`tab-${each}`);
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
    }
    byId("token-panel").setAttribute("aria-labelledby", `tab-${name}`);
    onSelect(name);
  }

  function move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    select(TABS[(TABS.indexOf(shown) + step + TABS.length) % TABS.length]);
    byId(`tab-${shown}`).focus();
  }

  for (const name of TABS) {
    byId(`tab-${name}`).addEventListener("click", () => select(name));
    byId(`tab-${name}`).addEventListener("keydown", move);
  }
}
