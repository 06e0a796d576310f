// A ring that shows how much of a token's lifetime is left.

import { timeOfDay } from "./dom.js";

/** Binds the clock in `root`; `show({ claims, window })` sets it, `tick()` moves it. */
export function clock(root) {
  const hand = root.querySelector(".hand");
  const windowArc = root.querySelector(".window");
  const remaining = root.querySelector(".remaining");
  const until = root.querySelector(".until");
  let token = null;

  function tick() {
    if (!token) return;
    const left = Math.max(0, token.exp - Date.now() / 1000);
    const share = (100 * left) / (token.exp - token.iat);
    hand.style.strokeDasharray = `${Math.min(100, share)} 100`;
    remaining.textContent = minutesAndSeconds(left);
    root.dataset.state = left === 0 ? "expired" : left <= (token.window ?? 0) ? "due" : "good";
    until.textContent = `${left === 0 ? "expired at" : "until"} ${timeOfDay(token.exp)}`;
  }

  function show(claims, window = 0) {
    token = claims && { exp: claims.exp, iat: claims.iat, window };
    if (token) {
      if (windowArc) windowArc.style.strokeDasharray = `${(100 * window) / (token.exp - token.iat)} 100`;
      tick();
      return;
    }
    hand.style.strokeDasharray = "0 100";
    remaining.textContent = "–:––";
    until.textContent = "none";
    root.dataset.state = "none";
  }

  return { show, tick };
}

function minutesAndSeconds(seconds) {
  // Rounded up, so that "0:00" is shown only when the time is over.
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
