// Which service serves the page, and links to the others. Browsers send cookies to all ports of a host, so a login is
// valid in all of them.

import { element } from "./dom.js";
import { send } from "./http.js";

/** Shows the services in `root`, each as a link; if there is only one, just its name. */
export async function showServices(root) {
  const { ok, body } = await send({ path: "/services", cookies: false });
  if (!ok) return;
  const { served_by: current, services } = body;
  const others = services.some(({ name }) => name !== current);
  const shown = others ? services : [{ name: current, port: location.port }];
  root.replaceChildren(...shown.map((service) => link(service, current)));
  root.hidden = false;
}

function link({ name, port }, current) {
  const address = new URL("/", location.href);
  address.port = port;
  return element("a", { href: address.href, "aria-current": name === current ? "page" : undefined }, name);
}
