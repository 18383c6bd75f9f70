/* Elements made in one line; text only ever becomes text, never HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. Keys of `given`: `class`, `text`, `on` (event -> listener), `data`, `style`
 * (set through the object model, which the content security policy allows); others become
 * properties where the element has them, else attributes. null and false children are left out.
 */
export function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    if (key === "class") made.className = value;
    else if (key === "text") made.textContent = value;
    else if (key === "on") listen(made, value);
    else if (key === "data") Object.assign(made.dataset, value);
    else if (key === "style") Object.assign(made.style, value);
    else if (key in made && key !== "list" && key !== "form") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined));
  return made;
}

function listen(node, listeners) {
  for (const [name, listener] of Object.entries(listeners)) node.addEventListener(name, listener);
}

/** Make an element of SVG, all of whose keys are attributes. */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Make one of the icons of index.html. */
export function icon(name) {
  const use = svg("use", { href: `#icon-${name}` });
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, use);
}

/** Make a button with an icon, text, or both; an icon alone is named by `label`. */
export function button({ label, symbol, text, kind = "", onClick, ...more }) {
  const made = el("button", { type: "button", class: kind, on: onClick ? { click: onClick } : {}, ...more });
  if (symbol) made.append(icon(symbol));
  if (text) made.append(el("span", { text }));
  if (label) {
    made.setAttribute("aria-label", label);
    made.title = label;
  }
  return made;
}

let last = 0;
/** Return a new id, to tie a label to its field. */
export function newId(word) {
  last += 1;
  return `${word}-${last}`;
}

/** Call `action` once nothing has called for `wait` ms. */
export function debounced(wait, action) {
  let timer = 0;
  const later = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), wait);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}

/** Replace what is in `host`; what had the focus keeps it, found again by its data-key. */
export function refill(host, children) {
  const key = host.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  host.replaceChildren(...children);
  if (key === undefined) return;
  const again = host.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (again) again.focus();
}
