// The colour of each branch: that of its leaves where they agree.

import type { Colours, Theme } from "../colours";
import type { Topology } from "./topology";

const MIXED = 254;
const FADED = 255;

/** A shade for each node: a place in the palette, MIXED or FADED (no leaf passes the filters). */
export function shadesOf(tree: Topology, colours: Colours, passing: Uint8Array | undefined): Uint8Array {
  const n = tree.parent.length;
  const shade = new Uint8Array(n).fill(FADED);
  for (let node = n - 1; node >= 0; node--) {
    const model = tree.model[node];
    if (model >= 0 && (!passing || passing[model])) shade[node] = colours.shade[model];
    const above = tree.parent[node];
    if (above < 0 || shade[node] === FADED) continue;
    if (shade[above] === FADED) shade[above] = shade[node];
    else if (shade[above] !== shade[node]) shade[above] = MIXED;
  }
  return shade;
}

export function inked(shade: number, colours: Colours, theme: Theme): string {
  if (shade === MIXED) return theme.faint;
  if (shade === FADED) return theme.line;
  return colours.palette[shade];
}
