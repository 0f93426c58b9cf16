// Names and rings at the tips, supports on branches: never one over another.

import type { Pen } from "../pen";
import { placeOf, type Lens, walk } from "./draw";
import { CIRCLE, type Layout } from "./layout";
import { isLeaf, type Topology } from "./topology";

export interface Label {
  node: number;
  x: number;
  y: number;
  /** Radians; beyond a quarter turn the text is drawn from its end, so that it is never upside down. */
  angle: number;
}

const LINE = 12;
const GAP = 6;

/** How names are set. width: of a tip's name. first: tips that come before all others. edge: where
 * names begin when they are aligned: x, or the distance from the middle of a circle. */
export interface Setting {
  width: (node: number) => number;
  first: readonly number[];
  edge: number | undefined;
}

/** Which tips have room for their name, and where. */
export function placed(at: Layout, lens: Lens, setting: Setting): Label[] {
  const inSight = at.tips.filter((node) => {
    const [x, y] = placeOf(at, lens, node);
    return x > -200 && y > -LINE && x < lens.width + 200 && y < lens.height + LINE;
  });
  if (at.shape === "unrooted") return apart([...setting.first, ...inSight], at, lens, setting.width);
  const room =
    at.shape === "circular"
      ? (node: number) => at.row[node] * CIRCLE * (setting.edge ?? 0.5 * at.depth[node] * lens.scaleX)
      : (node: number) => at.row[node] * lens.scaleY;
  const first: number[] = [];
  const found: Label[] = [];
  for (const node of setting.first) {
    if (first.some((taken) => Math.abs(taken - room(node)) < LINE)) continue;
    first.push(room(node));
    found.push(labelOf(at, lens, node, setting.edge));
  }
  let last = -Infinity;
  for (const node of inSight) {
    const place = room(node);
    if (place - last < LINE || first.some((taken) => Math.abs(taken - place) < LINE)) continue;
    last = place;
    found.push(labelOf(at, lens, node, setting.edge));
  }
  return found;
}

function labelOf(at: Layout, lens: Lens, node: number, edge: number | undefined): Label {
  const depth = at.folded[node] ? at.far[node] : at.depth[node];
  if (at.shape === "rectangular") {
    return { node, x: (edge ?? lens.sx(depth)) + GAP, y: lens.sy(at.row[node]), angle: 0 };
  }
  const angle = at.row[node] * CIRCLE;
  const out = (edge ?? 0.5 * depth * lens.scaleX) + GAP;
  return { node, x: lens.sx(0.5) + out * Math.cos(angle), y: lens.sy(0.5) + out * Math.sin(angle), angle };
}

/** Unrooted: boxes on a grid, first come first served. */
function apart(nodes: readonly number[], at: Layout, lens: Lens, widths: (node: number) => number): Label[] {
  const cell = 8;
  const taken = new Set<string>();
  const found: Label[] = [];
  for (const node of nodes) {
    const [x, y] = placeOf(at, lens, node);
    const left = x < lens.sx(0.5);
    const start = left ? x - GAP - widths(node) : x + GAP;
    const cells: string[] = [];
    for (let cx = Math.floor(start / cell); cx <= Math.floor((start + widths(node)) / cell); cx++) {
      for (let cy = Math.floor((y - LINE / 2) / cell); cy <= Math.floor((y + LINE / 2) / cell); cy++)
        cells.push(`${cx},${cy}`);
    }
    if (cells.some((each) => taken.has(each))) continue;
    for (const each of cells) taken.add(each);
    found.push({ node, x: start, y, angle: 0 });
  }
  return found;
}

export function write(pen: Pen, label: Label, cut: string): void {
  if (label.angle === 0) {
    pen.textAlign = "left";
    pen.fillText(cut, label.x, label.y);
    return;
  }
  const flipped = Math.cos(label.angle) < 0;
  pen.save();
  pen.translate(label.x, label.y);
  pen.rotate(label.angle + (flipped ? Math.PI : 0));
  pen.textAlign = flipped ? "right" : "left";
  pen.fillText(cut, 0, 0);
  pen.restore();
}

/** Thin lines from tips to names that stand apart from them. */
export function leaders(pen: Pen, labels: readonly Label[], at: Layout, lens: Lens, colour: string): void {
  pen.beginPath();
  for (const { node, x, y, angle } of labels) {
    const [tx, ty] = placeOf(at, lens, node);
    if (Math.hypot(x - tx, y - ty) < 2 * GAP) continue;
    pen.moveTo(tx + 3 * Math.cos(angle), ty + 3 * Math.sin(angle));
    pen.lineTo(x - 3 * Math.cos(angle), y - 3 * Math.sin(angle));
  }
  pen.strokeStyle = colour;
  pen.lineWidth = 0.7;
  pen.stroke();
}

const SUPPORT_ROOM = 26;
const SUPPORT_TALL = 11;

/** Supports beside branches that are long enough to bear one. */
export function supports(pen: Pen, tree: Topology, at: Layout, lens: Lens, colour: string): void {
  pen.font = "10px sans-serif";
  pen.fillStyle = colour;
  pen.textBaseline = "alphabetic";
  walk(tree, at, lens, (node, small) => {
    if (small || isLeaf(tree, node) || Number.isNaN(tree.support[node]) || tree.parent[node] < 0) return;
    const [x, y] = placeOf(at, lens, node);
    const [px, py] =
      at.shape === "rectangular"
        ? [lens.sx(at.depth[tree.parent[node]]), y]
        : placeOf(at, lens, tree.parent[node]);
    if (Math.hypot(x - px, y - py) < SUPPORT_ROOM) return;
    if (at.shape === "rectangular" && (at.bottom[node] - at.top[node]) * lens.scaleY < SUPPORT_TALL) return;
    const text = tree.support[node].toFixed(0);
    pen.textAlign = at.shape === "rectangular" ? "right" : "center";
    if (at.shape === "rectangular") pen.fillText(text, x - 3, y - 3);
    else pen.fillText(text, (x + px) / 2, (y + py) / 2 - 2);
  });
}

export const RING = 10;

/** A strip of colour for each tip and column: at the right edge, or around the circle. */
export function ring(
  pen: Pen,
  tree: Topology,
  at: Layout,
  lens: Lens,
  place: number,
  colour: (model: number) => string,
): void {
  const count = at.tips.length;
  at.tips.forEach((node, k) => {
    if (tree.model[node] < 0) return;
    pen.fillStyle = colour(tree.model[node]);
    if (at.shape === "rectangular") {
      const [top, bottom] = [lens.sy(k / count), lens.sy((k + 1) / count)];
      if (bottom < 0 || top > lens.height) return;
      pen.fillRect(place, top, RING - 2, Math.max(0.7, bottom - top + 0.2));
      return;
    }
    const out = place;
    const [from, to] = [(k / count) * CIRCLE, ((k + 1) / count) * CIRCLE];
    pen.beginPath();
    pen.arc(lens.sx(0.5), lens.sy(0.5), out, from, to + 0.002);
    pen.lineWidth = RING - 2;
    pen.strokeStyle = pen.fillStyle;
    pen.stroke();
  });
}

const NICE = [1, 2, 5];

/** A round length that is 60 to 150 pixels wide. */
export function scaleBar(pixelsToUnit: number): { length: number; pixels: number } {
  const least = 60 / pixelsToUnit;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = NICE.find((each) => each * power >= least) ?? 10;
  return { length: step * power, pixels: step * power * pixelsToUnit };
}
