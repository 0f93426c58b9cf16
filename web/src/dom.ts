// Elements without markup: what models are called or say only ever becomes a text node.

type Attributes = Record<string, string | number | boolean | EventListener | undefined>;

/** An element with attributes (functions are listeners: `onclick`) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string | undefined)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== undefined) element.append(readable(child));
  return element;
}

/** Everything in `host` replaced. */
export function fill(host: Element, ...children: (Node | string | undefined)[]): void {
  host.replaceChildren();
  for (const child of children) if (child !== undefined) host.append(readable(child));
}

const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const LONGEST = 300;

/** A text as it can be shown: controls and direction marks visible, no longer than `most`. */
export function shown(text: string, most = LONGEST): string {
  const visible = text.replace(UNSEEN, (mark) => (mark === "\r" || mark === "\u001f" ? "␟" : "�"));
  return visible.length > most ? `${visible.slice(0, most - 1)}…` : visible;
}

function readable(child: Node | string): Node {
  return typeof child === "string" ? document.createTextNode(child) : child;
}

/** A labelled choice. */
export function choice(
  label: string,
  options: readonly (readonly [value: string, label: string])[],
  chosen: string,
  change: (value: string) => void,
): HTMLLabelElement {
  const select = h("select", { onchange: () => change(select.value) });
  for (const [value, text] of options) {
    select.append(h("option", { value, selected: value === chosen }, text));
  }
  return h("label", { class: "choice" }, h("span", {}, label), select);
}

/** A button; `title` says more, and is the name of one that bears a sign alone. */
export function button(text: string, act: () => void, title = ""): HTMLButtonElement {
  const named = title ? { title, "aria-label": /\w/.test(text) ? undefined : title } : {};
  return h("button", { type: "button", onclick: act, ...named }, text);
}

export function toggle(text: string, on: boolean, act: (on: boolean) => void): HTMLButtonElement {
  return h("button", { type: "button", "aria-pressed": String(on), onclick: () => act(!on) }, text);
}

/** Hand a file to the person. */
export function download(name: string, content: Blob | string, type = "text/plain"): void {
  const blob = typeof content === "string" ? new Blob([content], { type }) : content;
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
