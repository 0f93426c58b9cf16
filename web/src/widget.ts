// The page inside a notebook's cell (anywidget).

import { decode, unzip } from "./bundle";
import css from "./page.css?inline";
import { Shell } from "./shell";

const VIEWS = import.meta.glob("./views/*.css", { query: "?inline", import: "default", eager: true });

interface Model {
  get(name: "bundle"): DataView;
}

export async function render({ model, el }: { model: Model; el: HTMLElement }): Promise<void> {
  const packed = model.get("bundle");
  const bytes = new Uint8Array(packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.byteLength) as ArrayBuffer);
  const style = document.createElement("style");
  style.textContent = [css, ...Object.values(VIEWS)].join("\n");
  const host = document.createElement("div");
  host.className = "embedded";
  el.append(style, host);
  new Shell(host, decode(await unzip(bytes))).start();
}
