// Sends the demo's requests, and tells what can be told of their answers.

const CSRF_COOKIES = { access: "csrf_access_token", refresh: "csrf_refresh_token" };

/** The CSRF value of the access or the refresh cookie: the one part of it that a script may read. */
export function csrfValue(kind) {
  const prefix = `${CSRF_COOKIES[kind]}=`;
  const cookie = document.cookie.split("; ").find((each) => each.startsWith(prefix));
  return cookie ? decodeURIComponent(cookie.slice(prefix.length).replace(/^"|"$/g, "")) : "";
}

/**
 * Sends one request.
 *
 * `bearer` goes into the Authorization header. `csrf` is "access" or "refresh" for the value of that cookie,
 * or any other text to send as it stands. `json` is the body. `cookies: false` leaves the cookies at home.
 */
export async function send({ method = "GET", path, bearer, csrf, json, cookies = true }) {
  const headers = {};
  if (bearer) headers["Authorization"] = `Bearer ${bearer}`;
  if (csrf) headers["X-CSRF-TOKEN"] = csrf in CSRF_COOKIES ? csrfValue(csrf) : csrf;
  if (json !== undefined) headers["Content-Type"] = "application/json";

  const before = csrfValue("access");
  const started = performance.now();
  const response = await fetch(path, {
    method,
    headers,
    body: json === undefined ? undefined : JSON.stringify(json),
    credentials: cookies ? "same-origin" : "omit",
    cache: "no-store",
  });
  const text = await response.text();
  const milliseconds = performance.now() - started;

  return {
    request: { method, path, headers, json, cookies },
    status: response.status,
    ok: response.ok,
    headers: ["content-type", "www-authenticate"]
      .filter((name) => response.headers.has(name))
      .map((name) => [name, response.headers.get(name)]),
    cookieNote: cookieNote(before, csrfValue("access")),
    body: parsed(text),
    milliseconds,
  };
}

// Scripts can't see Set-Cookie. That the access cookie changed shows in its CSRF value, which changes with it.
function cookieNote(before, after) {
  if (before === after) return "the access cookie is unchanged";
  if (!after) return "the access cookie is deleted";
  return before ? "the access cookie is replaced" : "the access cookie is set";
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
