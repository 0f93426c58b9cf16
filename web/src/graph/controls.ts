// The graph's own controls: least weight, kinds of edges, and making the selection grow.

import { joined } from "../lists";
import { button, h, shown, toggle } from "../dom";
import type { App } from "../view";
import type { Scene } from "./scene";

export function slider({ store }: App, scene: Scene, least: number): HTMLElement[] {
  const [low, high] = scene.weights;
  if (low === high) return [];
  const value = Math.max(low, least);
  const told = h("output", { class: "least" }, value.toFixed(2));
  const range = h("input", { type: "range", min: low, max: high, step: (high - low) / 100, value });
  const wanted = () => Number(range.value);
  range.addEventListener("input", () => (told.textContent = wanted().toFixed(2)));
  range.addEventListener("change", () =>
    store.choose("graph.least", wanted() <= low ? "" : wanted().toPrecision(4)),
  );
  return [h("label", { class: "choice" }, h("span", {}, "Weight at least"), range, told)];
}

/** A switch for each kind of edge, where there are several. */
export function kinds({ store }: App, scene: Scene, hidden: Set<string>): HTMLElement[] {
  const all = scene.edges.kinds;
  if (all.length < 2) return [];
  return all.map((kind) =>
    toggle(shown(kind, 24), !hidden.has(kind), (on) => {
      if (on) hidden.delete(kind);
      else hidden.add(kind);
      store.choose("graph.hidden", joined(hidden));
    }),
  );
}

/** Buttons that make the selection grow, or that begin one at the open model. */
export function growing(app: App, scene: Scene): HTMLElement[] {
  const { selected, model } = app.store.get();
  const from = selected.length ? selected : model >= 0 ? [model] : [];
  const grow = (text: string, next: boolean, community: boolean) => {
    const made = button(text, () => {
      const marks = scene.around(from, next, community);
      app.select(scene.order.filter((m) => marks[m] === 1));
    });
    made.disabled = from.length === 0;
    return made;
  };
  const community = scene.hasCommunities ? [grow("Select community", false, true)] : [];
  return [grow("Select neighbours", true, false), ...community];
}
