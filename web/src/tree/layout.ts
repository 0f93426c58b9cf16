// Where the nodes of a tree go, in a world of 0 to 1: pure numbers, no drawing.

import { children, isLeaf, type Topology } from "./topology";

export type Shape = "rectangular" | "circular" | "unrooted";

export interface Layout {
  readonly shape: Shape;
  /** Depth of each node, 0 at the root to 1 at the farthest leaf. */
  readonly depth: Float32Array;
  /** Row of each node, 0 to 1; of inner nodes the middle of their children's. */
  readonly row: Float32Array;
  /** Rows of the first and last leaf in the subtree. */
  readonly top: Float32Array;
  readonly bottom: Float32Array;
  /** Greatest depth in the subtree: a subtree too small to draw is a bar to there. */
  readonly far: Float32Array;
  /** Place of each node: circular and unrooted; empty when rectangular. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Unrooted: the subtree's box. */
  readonly box: Float32Array;
  /** 1 for nodes that are drawn: none below a collapsed one. */
  readonly seen: Uint8Array;
  /** 1 for collapsed nodes. */
  readonly folded: Uint8Array;
  /** Leaves and collapsed nodes that are drawn, first to last. */
  readonly tips: Int32Array;
  /** Branch length of depth 1. */
  readonly span: number;
}

/** A small gap tells the first leaf of a circle from the last. */
export const CIRCLE = (2 * Math.PI * 354) / 360;

export interface Options {
  shape: Shape;
  /** All branches of one length. */
  even: boolean;
  /** Collapsed nodes, by origin. */
  collapsed: ReadonlySet<number>;
}

export function layout(tree: Topology, options: Options): Layout {
  const n = tree.parent.length;
  const [seen, folded, tips] = shownNodes(tree, options.collapsed);
  const { depth, span } = depths(tree, options.even);
  const row = new Float32Array(n);
  const top = new Float32Array(n).fill(2);
  const bottom = new Float32Array(n).fill(-1);
  const far = depth.slice();
  tips.forEach((node, k) => (row[node] = top[node] = bottom[node] = (k + 0.5) / tips.length));
  const [first, last] = [new Float32Array(n).fill(-1), new Float32Array(n)];
  for (let node = n - 1; node >= 0; node--) {
    const above = tree.parent[node];
    if (seen[node] && first[node] >= 0) row[node] = (first[node] + last[node]) / 2;
    if (above < 0) continue;
    far[above] = Math.max(far[above], far[node]);
    if (!seen[node]) continue;
    top[above] = Math.min(top[above], top[node]);
    bottom[above] = Math.max(bottom[above], bottom[node]);
    if (first[above] < 0) last[above] = row[node];
    first[above] = row[node];
  }
  const placed =
    options.shape === "unrooted"
      ? equalAngle(tree, seen, folded, options.even)
      : circle(options.shape, depth, row);
  return { shape: options.shape, depth, row, top, bottom, far, ...placed, seen, folded, tips, span };
}

function shownNodes(tree: Topology, collapsed: ReadonlySet<number>): [Uint8Array, Uint8Array, Int32Array] {
  const n = tree.parent.length;
  const seen = new Uint8Array(n);
  const folded = new Uint8Array(n);
  const tips: number[] = [];
  for (let node = 0; node < n;) {
    seen[node] = 1;
    folded[node] = !isLeaf(tree, node) && collapsed.has(tree.origin[node]) ? 1 : 0;
    if (folded[node] || isLeaf(tree, node)) tips.push(node);
    node = folded[node] ? tree.end[node] : node + 1;
  }
  return [seen, folded, Int32Array.from(tips)];
}

function depths(tree: Topology, even: boolean): { depth: Float32Array; span: number } {
  const depth = new Float32Array(tree.parent.length);
  let most = 0;
  for (let node = 1; node < depth.length; node++) {
    depth[node] = depth[tree.parent[node]] + (even ? 1 : Math.max(0, tree.length[node]));
    if (depth[node] > most) most = depth[node];
  }
  const span = most || 1;
  for (let node = 0; node < depth.length; node++) depth[node] /= span;
  return { depth, span };
}

const NOWHERE = new Float32Array(0);

function circle(shape: Shape, depth: Float32Array, row: Float32Array) {
  if (shape !== "circular") return { x: NOWHERE, y: NOWHERE, box: NOWHERE };
  const x = depth.map((d, node) => 0.5 + 0.5 * d * Math.cos(row[node] * CIRCLE));
  const y = depth.map((d, node) => 0.5 + 0.5 * d * Math.sin(row[node] * CIRCLE));
  return { x, y, box: NOWHERE };
}

/** Equal angle (Felsenstein 2004): each subtree gets a wedge as wide as its share of tips. */
function equalAngle(tree: Topology, seen: Uint8Array, folded: Uint8Array, even: boolean) {
  const n = tree.parent.length;
  const weight = new Int32Array(n);
  for (let node = n - 1; node >= 0; node--) {
    if (!seen[node]) continue;
    if (isLeaf(tree, node) || folded[node]) weight[node] = 1;
    if (tree.parent[node] >= 0) weight[tree.parent[node]] += weight[node];
  }
  const [x, y, from] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
  const turn = (2 * Math.PI) / Math.max(1, weight[0]);
  for (let node = 0; node < n; node++) {
    if (!seen[node] || folded[node]) continue;
    let angle = from[node];
    for (const child of children(tree, node)) {
      const middle = angle + (turn * weight[child]) / 2;
      const length = even ? 1 : Math.max(0, tree.length[child]);
      x[child] = x[node] + length * Math.cos(middle);
      y[child] = y[node] + length * Math.sin(middle);
      from[child] = angle;
      angle += turn * weight[child];
    }
  }
  return fitted(tree, seen, x, y);
}

/** The places in the unit square, one scale for both directions, and each subtree's box. */
function fitted(tree: Topology, seen: Uint8Array, x: Float32Array, y: Float32Array) {
  let [left, right, up, down] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let node = 0; node < x.length; node++) {
    if (!seen[node]) continue;
    [left, right] = [Math.min(left, x[node]), Math.max(right, x[node])];
    [up, down] = [Math.min(up, y[node]), Math.max(down, y[node])];
  }
  const side = Math.max(right - left, down - up) || 1;
  const box = new Float32Array(4 * x.length);
  for (let node = 0; node < x.length; node++) {
    x[node] = 0.5 + (x[node] - (left + right) / 2) / side;
    y[node] = 0.5 + (y[node] - (up + down) / 2) / side;
    box.set([x[node], y[node], x[node], y[node]], 4 * node);
  }
  for (let node = x.length - 1; node > 0; node--) {
    if (!seen[node]) continue;
    const [own, above] = [4 * node, 4 * tree.parent[node]];
    for (const k of [0, 1]) box[above + k] = Math.min(box[above + k], box[own + k]);
    for (const k of [2, 3]) box[above + k] = Math.max(box[above + k], box[own + k]);
  }
  return { x, y, box };
}
