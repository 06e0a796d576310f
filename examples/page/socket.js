// Opens a WebSocket with a token as a subprotocol, and describes what came of it as if it were a request's answer.

import { record } from "./events.js";
import { csrfValue } from "./http.js";

let open = null;

/**
 * Opens a socket, in place of the one before, and waits for its first message or its end.
 *
 * A page isn't told the status of a refused handshake, but the code 1006 of a connection that broke off.
 */
export function openSocket({ path, bearer }) {
  open?.close();
  const address = new URL(path, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const started = performance.now();
  const socket = new WebSocket(address, ["bearer", bearer]);
  open = socket;

  return new Promise((resolve) => {
    const answer = (status, body) =>
      resolve({
        request: { method: "GET", path, headers: { "Sec-WebSocket-Protocol": `bearer, ${bearer}` }, cookies: true },
        status,
        ok: status === 101,
        headers: [["sec-websocket-protocol", socket.protocol || "none"]],
        cookieNote: csrfValue("access") ? "the access cookie is unchanged" : "there is no access cookie",
        body,
        milliseconds: performance.now() - started,
      });
    socket.onmessage = ({ data }) => {
      record("login", "A WebSocket is open. It is closed when its token expires or is revoked.");
      answer(101, { message: data });
    };
    socket.onclose = ({ code, reason, wasClean }) => {
      // After the first answer this changes nothing.
      answer(code, { message: "The handshake was refused, or the connection broke off" });
      if (socket === open && wasClean) record("refused", `The WebSocket was closed: ${reason || code}`);
    };
  });
}
