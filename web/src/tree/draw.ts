// The branches of a tree as strokes: only what can be seen, subtrees under a pixel as one bar.

import type { Pen } from "../pen";
import { CIRCLE, type Layout } from "./layout";
import type { Topology } from "./topology";

/** From the world to the picture. */
export interface Lens {
  sx(x: number): number;
  sy(y: number): number;
  /** Pixels to a unit of the world. */
  scaleX: number;
  scaleY: number;
  width: number;
  height: number;
}

/** Lines gathered by colour, so that each colour is stroked once. */
export class Strokes {
  private readonly lines = new Map<number, number[]>();
  private readonly arcs = new Map<number, number[]>();

  line(shade: number, ax: number, ay: number, bx: number, by: number): void {
    gathered(this.lines, shade).push(ax, ay, bx, by);
  }

  arc(shade: number, x: number, y: number, r: number, from: number, to: number): void {
    gathered(this.arcs, shade).push(x, y, r, from, to);
  }

  flush(pen: Pen, colour: (shade: number) => string, width: number): number {
    let drawn = 0;
    pen.lineWidth = width;
    for (const shade of new Set([...this.lines.keys(), ...this.arcs.keys()])) {
      pen.beginPath();
      const lines = this.lines.get(shade) ?? [];
      for (let k = 0; k < lines.length; k += 4) {
        pen.moveTo(lines[k], lines[k + 1]);
        pen.lineTo(lines[k + 2], lines[k + 3]);
      }
      const arcs = this.arcs.get(shade) ?? [];
      for (let k = 0; k < arcs.length; k += 5) {
        const [x, y, r, from] = [arcs[k], arcs[k + 1], arcs[k + 2], arcs[k + 3]];
        pen.moveTo(x + r * Math.cos(from), y + r * Math.sin(from));
        pen.arc(x, y, r, from, arcs[k + 4]);
      }
      pen.strokeStyle = colour(shade);
      pen.stroke();
      drawn += lines.length / 4 + arcs.length / 5;
    }
    return drawn;
  }
}

function gathered(of: Map<number, number[]>, shade: number): number[] {
  let found = of.get(shade);
  if (!found) of.set(shade, (found = []));
  return found;
}

/** Under this many pixels a subtree is a bar. */
const SMALL = 1.5;

/** Walk the nodes in sight. `small`: the subtree is too small to go into; the walk goes round it. */
export function walk(
  tree: Topology,
  at: Layout,
  lens: Lens,
  visit: (node: number, small: boolean) => void,
): void {
  const inSight = { rectangular: rowsInSight, circular: ringInSight, unrooted: boxInSight }[at.shape];
  for (let node = 0; node < tree.parent.length;) {
    const size = inSight(at, lens, node);
    if (size < 0) {
      node = tree.end[node];
      continue;
    }
    const small = size < SMALL && tree.leaves[node] > 1 && !at.folded[node];
    visit(node, small);
    node = small || at.folded[node] ? tree.end[node] : node + 1;
  }
}

/** Pixels that a subtree spans; -1 when none of it is in sight. */
function rowsInSight(at: Layout, lens: Lens, node: number): number {
  const [top, bottom] = [lens.sy(at.top[node]), lens.sy(at.bottom[node])];
  if (bottom < -1 || top > lens.height + 1) return -1;
  return at.top[node] === at.bottom[node] ? SMALL : bottom - top;
}

function ringInSight(at: Layout, lens: Lens, node: number): number {
  const wide = (at.bottom[node] - at.top[node]) * CIRCLE;
  const out = at.far[node] * 0.5 * lens.scaleX;
  if (node > 0 && wide < 1 && outOfSight(at, lens, node, wide)) return -1;
  return wide === 0 ? SMALL : wide * out;
}

/** Whether the wedge of a subtree misses the picture: told by the box around its four corners and
 * the arc between, generously. */
function outOfSight(at: Layout, lens: Lens, node: number, wide: number): boolean {
  const angle = ((at.top[node] + at.bottom[node]) / 2) * CIRCLE;
  const [near, far] = [0.5 * at.depth[node], 0.5 * at.far[node]];
  const middle = (near + far) / 2;
  const reach = ((far - near) / 2 + far * wide) * lens.scaleX + 20;
  const x = lens.sx(0.5 + middle * Math.cos(angle));
  const y = lens.sy(0.5 + middle * Math.sin(angle));
  return x + reach < 0 || y + reach < 0 || x - reach > lens.width || y - reach > lens.height;
}

function boxInSight(at: Layout, lens: Lens, node: number): number {
  const k = 4 * node;
  const [left, top] = [lens.sx(at.box[k]), lens.sy(at.box[k + 1])];
  const [right, bottom] = [lens.sx(at.box[k + 2]), lens.sy(at.box[k + 3])];
  if (right < -1 || bottom < -1 || left > lens.width + 1 || top > lens.height + 1) return -1;
  return left === right && top === bottom ? SMALL : Math.max(right - left, bottom - top);
}

/** Gather the strokes of all branches in sight. */
export function branches(
  tree: Topology,
  at: Layout,
  lens: Lens,
  shade: ArrayLike<number>,
  strokes: Strokes,
): void {
  const draw = { rectangular: rectangular, circular: circular, unrooted: unrooted }[at.shape];
  walk(tree, at, lens, (node, small) => draw(tree, at, lens, node, small, shade[node], strokes));
}

type Draw = (
  tree: Topology,
  at: Layout,
  lens: Lens,
  node: number,
  small: boolean,
  shade: number,
  strokes: Strokes,
) => void;

const rectangular: Draw = (tree, at, lens, node, small, shade, strokes) => {
  const above = tree.parent[node];
  const y = lens.sy(small ? (at.top[node] + at.bottom[node]) / 2 : at.row[node]);
  const from = lens.sx(at.depth[Math.max(0, above)]);
  const to = lens.sx(small ? at.far[node] : at.depth[node]);
  strokes.line(shade, from, y, to, y);
  if (above < 0) return;
  const bar = lens.sy(at.row[above]); // each child draws its half of the bar: in its own colour
  const clamp = (value: number) => Math.min(lens.height + 2, Math.max(-2, value));
  strokes.line(shade, from, clamp(bar), from, clamp(y));
};

const circular: Draw = (tree, at, lens, node, small, shade, strokes) => {
  const above = tree.parent[node];
  if (above < 0) return;
  const angle = CIRCLE * (small ? (at.top[node] + at.bottom[node]) / 2 : at.row[node]);
  const [cx, cy] = [lens.sx(0.5), lens.sy(0.5)];
  const from = 0.5 * at.depth[above] * lens.scaleX;
  const to = 0.5 * (small ? at.far[node] : at.depth[node]) * lens.scaleX;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  strokes.line(shade, cx + from * cos, cy + from * sin, cx + to * cos, cy + to * sin);
  const bar = CIRCLE * at.row[above];
  if (Math.abs(angle - bar) * from > 0.5)
    strokes.arc(shade, cx, cy, from, Math.min(angle, bar), Math.max(angle, bar));
};

const unrooted: Draw = (tree, at, lens, node, small, shade, strokes) => {
  const above = tree.parent[node];
  if (above < 0) return;
  const to = small ? 4 * node + 2 : -1;
  const [x, y] = to < 0 ? [at.x[node], at.y[node]] : [at.box[to], at.box[to + 1]];
  strokes.line(shade, lens.sx(at.x[above]), lens.sy(at.y[above]), lens.sx(x), lens.sy(y));
};

/** Where a node is in the picture. */
export function placeOf(at: Layout, lens: Lens, node: number): [number, number] {
  if (at.shape === "rectangular") return [lens.sx(at.depth[node]), lens.sy(at.row[node])];
  return [lens.sx(at.x[node]), lens.sy(at.y[node])];
}

const REACH = 7;

/** The node nearest a place in the picture: its own place or the branch above it; -1 for none. */
export function nodeAt(tree: Topology, at: Layout, lens: Lens, x: number, y: number): number {
  let [found, best] = [-1, REACH];
  walk(tree, at, lens, (node, small) => {
    const distance = distanceTo(tree, at, lens, node, small, x, y);
    if (distance < best) [found, best] = [node, distance];
  });
  return found;
}

function distanceTo(
  tree: Topology,
  at: Layout,
  lens: Lens,
  node: number,
  small: boolean,
  x: number,
  y: number,
): number {
  const above = tree.parent[node];
  if (at.shape === "rectangular") {
    const row = lens.sy(small ? (at.top[node] + at.bottom[node]) / 2 : at.row[node]);
    const from = lens.sx(at.depth[Math.max(0, above)]);
    return toSegment(x, y, from, row, lens.sx(small ? at.far[node] : at.depth[node]), row);
  }
  const [nx, ny] = placeOf(at, lens, node);
  if (above < 0) return Math.hypot(x - nx, y - ny);
  if (at.shape === "unrooted") return toSegment(x, y, ...placeOf(at, lens, above), nx, ny);
  const angle = CIRCLE * at.row[node];
  const from = 0.5 * at.depth[above] * lens.scaleX;
  return toSegment(
    x,
    y,
    lens.sx(0.5) + from * Math.cos(angle),
    lens.sy(0.5) + from * Math.sin(angle),
    nx,
    ny,
  );
}

function toSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay];
  const along = dx || dy ? ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy) : 0;
  const part = Math.min(1, Math.max(0, along));
  return Math.hypot(x - ax - part * dx, y - ay - part * dy);
}
