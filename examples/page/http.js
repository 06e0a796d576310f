// Sends the demo's requests, and describes their answers.

const CSRF_COOKIES = { access: "csrf_access_token", refresh: "csrf_refresh_token" };

/** The CSRF value of the access or the refresh cookie, which is in a cookie that scripts can read. */
export function csrfValue(kind) {
  const prefix = `${CSRF_COOKIES[kind]}=`;
  const cookie = document.cookie.split("; ").find((each) => each.startsWith(prefix));
  return cookie ? decodeURIComponent(cookie.slice(prefix.length).replace(/^"|"$/g, "")) : "";
}

/**
 * Sends one request.
 *
 * `bearer` goes into the Authorization header. `csrf` is "access" or "refresh" for the value of that cookie,
 * or any other string, which is sent as it is. `json` is the body. With `cookies: false` no cookies are sent.
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
    headers: ["content-type", "www-authenticate", "retry-after"]
      .filter((name) => response.headers.has(name))
      .map((name) => [name, response.headers.get(name)]),
    cookieNote: cookieNote(before, csrfValue("access")),
    body: parsed(text),
    milliseconds,
  };
}

// Scripts can't see Set-Cookie, but the CSRF value changes with the access cookie.
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
