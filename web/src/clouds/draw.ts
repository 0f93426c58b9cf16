// Clouds drawn with a pen, so that the page and the saved picture are the same.

import { rgb, type Theme } from "../colours";
import { shown } from "../dom";
import type { Manifest } from "../manifest";
import type { Pen } from "../pen";
import { FONT, laidOut, type Placed } from "./layout";

export type Cluster = Manifest["clusters"][number];

/** Okabe and Ito's hues, dark enough to be read on white, light enough on black (4.5 to 1 and more). */
const ON_LIGHT = ["#0063a8", "#a63c00", "#00694a", "#8d3a6c", "#6b5200", "#4b3f8f"];
const ON_DARK = ["#6cb8f5", "#ffa06b", "#5fd0a8", "#eaa5ce", "#e6c35c", "#b9adf7"];

export function wordColours({ paper }: Theme): readonly string[] {
  return rgb(paper)[0] > 127 ? ON_LIGHT : ON_DARK;
}

const kept = new Map<string, Placed[]>();
const MOST_KEPT = 200;

/** A cluster's layout, remembered: it takes some 20 ms. `key` tells clusters apart. */
export function layoutOf(cluster: Cluster, key: number, width: number, height: number): Placed[] {
  const name = `${key} ${Math.round(width)} ${Math.round(height)}`;
  let found = kept.get(name);
  if (!found) {
    if (kept.size > MOST_KEPT) kept.clear();
    kept.set(name, (found = laidOut(cluster, width, height)));
  }
  return found;
}

/** Words with the upper left of their cloud at (x, y). */
export function paintWords(
  pen: Pen,
  words: readonly Placed[],
  colours: readonly string[],
  x: number,
  y: number,
): void {
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  for (const word of words) {
    pen.font = `600 ${Math.floor(word.size)}px ${FONT}`;
    pen.fillStyle = colours[word.rank % colours.length];
    pen.fillText(word.text, x + word.x, y + word.y);
  }
}

/** A cloud under its name and count. */
export function paintTitled(
  pen: Pen,
  cluster: Cluster,
  key: number,
  theme: Theme,
  box: { x: number; y: number; width: number; height: number },
): void {
  pen.textAlign = "start";
  pen.textBaseline = "alphabetic";
  pen.fillStyle = theme.ink;
  pen.font = `600 13px ${FONT}`;
  const count = cluster.size.toLocaleString("en");
  pen.fillText(
    shown(cluster.name, Math.max(8, Math.floor(box.width / 8.5) - count.length)),
    box.x,
    box.y + 14,
  );
  pen.textAlign = "right";
  pen.fillStyle = theme.faint;
  pen.fillText(count, box.x + box.width, box.y + 14);
  paintWords(pen, layoutOf(cluster, key, box.width, box.height - 24), wordColours(theme), box.x, box.y + 24);
}

/** Boxes of equal size in rows, as near as can be to `shape` (width to height). */
export function boxes(many: number, width: number, height: number, shape = 1.7, gap = 18) {
  const off = (columns: number) => {
    const [w, h] = [width / columns, height / Math.ceil(many / columns)];
    return Math.abs(Math.log(w / h / shape)) + (columns * Math.ceil(many / columns) - many) * 0.05;
  };
  const columns = Array.from({ length: Math.max(1, many) }, (_, k) => k + 1).reduce((a, b) =>
    off(b) < off(a) ? b : a,
  );
  const rows = Math.ceil(many / columns);
  const [w, h] = [(width - gap * (columns + 1)) / columns, (height - gap * (rows + 1)) / rows];
  return Array.from({ length: many }, (_, k) => ({
    x: gap + (k % columns) * (w + gap),
    y: gap + Math.floor(k / columns) * (h + gap),
    width: w,
    height: h,
  }));
}
