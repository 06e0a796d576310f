// What the page knows of the login. Every part of the page reads it.

import { csrfValue } from "./http.js";

const LOGGED_OUT = { session: null, window: null, memory: {}, renewals: 0, refusal: null };

/**
 * `session` has the access cookie's claims, `memory` the tokens that scripts have, by name.
 *
 * `csrf` is the last CSRF value. It changes with a login or a refresh, also in another tab, and stays when a cookie is
 * replaced.
 */
export const state = { ...LOGGED_OUT, csrf: csrfValue("access") };

/** Forgets the login, and begins another one with these tokens in memory. */
export function forget(memory = {}) {
  Object.assign(state, LOGGED_OUT, { memory, csrf: csrfValue("access") });
}
