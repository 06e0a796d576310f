// Which service serves the page, and the way to the others: cookies don't know ports, so a login goes along.

import { element } from "./dom.js";
import { send } from "./http.js";

/** Shows the services in `root`; one that is alone as its own name. */
export async function showServices(root) {
  const { ok, body } = await send({ path: "/services", cookies: false });
  if (!ok) return;
  const { served_by: own, services } = body;
  const others = services.some(({ name }) => name !== own);
  root.replaceChildren(...(others ? services : [{ name: own, port: location.port }]).map((service) => link(service, own)));
  root.hidden = false;
}

function link({ name, port }, own) {
  const address = new URL("/", location.href);
  address.port = port;
  return element("a", { href: address.href, "aria-current": name === own ? "page" : undefined }, name);
}
