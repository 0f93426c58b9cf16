// A tree in arrays: nodes in preorder, so that a subtree is the run [node, end[node]).

import type { Bundle } from "../bundle";
import type { Tree } from "../manifest";

export interface Topology {
  readonly parent: Int32Array;
  /** Of the branch above. */
  readonly length: Float32Array;
  /** Of the branch above, in percent; NaN for none. */
  readonly support: Float32Array;
  /** Of leaves; -1 for inner nodes. */
  readonly model: Int32Array;
  /** One past the last node of the subtree. */
  readonly end: Int32Array;
  /** Leaves in the subtree. */
  readonly leaves: Int32Array;
  /** The node's place in the bundle; -1 for a root put in later. */
  readonly origin: Int32Array;
}

export function topologyOf(bundle: Bundle, tree: Tree): Topology {
  const parent = bundle.numbers(tree.parent) as Int32Array;
  const support = tree.support
    ? (bundle.numbers(tree.support) as Float32Array)
    : new Float32Array(parent.length).fill(NaN);
  const origin = Int32Array.from(parent, (_, node) => node);
  return finished(
    parent,
    bundle.numbers(tree.length) as Float32Array,
    support,
    bundle.numbers(tree.model) as Int32Array,
    origin,
  );
}

function finished(
  parent: Int32Array,
  length: Float32Array,
  support: Float32Array,
  model: Int32Array,
  origin: Int32Array,
): Topology {
  const end = Int32Array.from(parent, (_, node) => node + 1);
  const leaves = new Int32Array(parent.length);
  for (let node = parent.length - 1; node >= 0; node--) {
    if (end[node] === node + 1) leaves[node] = 1;
    const above = parent[node];
    if (above < 0) continue;
    end[above] = Math.max(end[above], end[node]);
    leaves[above] += leaves[node];
  }
  return { parent, length, support, model, end, leaves, origin };
}

/** The children of a node, first to last. */
export function children(tree: Topology, node: number): number[] {
  const found: number[] = [];
  for (let child = node + 1; child < tree.end[node]; child = tree.end[child]) found.push(child);
  return found;
}

export function isLeaf(tree: Topology, node: number): boolean {
  return tree.end[node] === node + 1;
}

/** The models of a subtree's leaves, in order. */
export function models(tree: Topology, node = 0): number[] {
  const found: number[] = [];
  for (let k = node; k < tree.end[node]; k++) if (tree.model[k] >= 0) found.push(tree.model[k]);
  return found;
}

interface Step {
  node: number;
  from: number;
  above: number;
  length: number;
  support: number;
}

/** The tree rooted in the middle of the branch above `node`; supports stay with their branches. */
export function rerooted(tree: Topology, node: number): Topology {
  if (node <= 0 || node >= tree.parent.length) return tree;
  const above = tree.parent[node];
  const half = tree.length[node] / 2;
  const support = tree.support[node];
  const steps: Step[] = [
    { node: above, from: node, above: 0, length: half, support },
    { node, from: above, above: 0, length: half, support },
  ];
  const rows: Row[] = [{ parent: -1, length: 0, support: NaN, model: -1, origin: -1 }];
  while (steps.length) {
    const step = steps.pop()!;
    const next = around(tree, step.node, step.from);
    if (next.length === 1 && tree.model[step.node] < 0) {
      const [only] = next; // the old root joins two branches: they are one
      const joined = Number.isNaN(step.support) ? only.support : step.support;
      steps.push({ ...only, above: step.above, length: step.length + only.length, support: joined });
      continue;
    }
    const place = rows.length;
    const inner = next.length > 0;
    rows.push({
      parent: step.above,
      length: step.length,
      support: inner ? step.support : NaN,
      model: tree.model[step.node],
      origin: tree.origin[step.node],
    });
    for (const each of next.reverse()) steps.push({ ...each, above: place });
  }
  return fromRows(rows);
}

/** The neighbours of a node but one, with the branches that lead to them. */
function around(tree: Topology, node: number, from: number): Step[] {
  const found = children(tree, node)
    .filter((child) => child !== from)
    .map((child) => ({
      node: child,
      from: node,
      above: -1,
      length: tree.length[child],
      support: tree.support[child],
    }));
  const parent = tree.parent[node];
  if (parent >= 0 && parent !== from) {
    found.push({
      node: parent,
      from: node,
      above: -1,
      length: tree.length[node],
      support: tree.support[node],
    });
  }
  return found;
}

interface Row {
  parent: number;
  length: number;
  support: number;
  model: number;
  origin: number;
}

function fromRows(rows: readonly Row[]): Topology {
  return finished(
    Int32Array.from(rows, (row) => row.parent),
    Float32Array.from(rows, (row) => row.length),
    Float32Array.from(rows, (row) => row.support),
    Int32Array.from(rows, (row) => row.model),
    Int32Array.from(rows, (row) => row.origin),
  );
}

/** The tree with the children of each node in another order. */
export function reordered(tree: Topology, order: (node: number, children: number[]) => number[]): Topology {
  const rows: Row[] = [];
  const steps: [node: number, above: number][] = [[0, -1]];
  while (steps.length) {
    const [node, above] = steps.pop()!;
    const place = rows.length;
    rows.push({
      parent: above,
      length: tree.length[node],
      support: tree.support[node],
      model: tree.model[node],
      origin: tree.origin[node],
    });
    const kept = order(node, children(tree, node));
    for (let k = kept.length - 1; k >= 0; k--) steps.push([kept[k], place]);
  }
  return fromRows(rows);
}

export function ladderised(tree: Topology, way: "up" | "down"): Topology {
  const sign = way === "up" ? 1 : -1;
  return reordered(tree, (_, kids) => kids.sort((a, b) => sign * (tree.leaves[a] - tree.leaves[b])));
}

/** The children of these nodes (by origin) in reverse. */
export function swapped(tree: Topology, nodes: ReadonlySet<number>): Topology {
  if (!nodes.size) return tree;
  return reordered(tree, (node, kids) => (nodes.has(tree.origin[node]) ? kids.reverse() : kids));
}

/** The tree of only those leaves for which `keep` holds; nodes with one child left are joined. */
export function pruned(tree: Topology, keep: (model: number) => boolean): Topology {
  const n = tree.parent.length;
  const left = new Int32Array(n);
  for (let node = n - 1; node >= 0; node--) {
    if (isLeaf(tree, node)) left[node] = keep(tree.model[node]) ? 1 : 0;
    if (left[node] && tree.parent[node] >= 0) left[tree.parent[node]] += isLeaf(tree, node) ? 1 : left[node];
  }
  const rows: Row[] = [];
  const steps: [node: number, above: number, length: number][] = left[0] ? [[0, -1, 0]] : [];
  while (steps.length) {
    const [node, above, more] = steps.pop()!;
    const kept = children(tree, node).filter((child) => left[child]);
    const length = tree.length[node] + more;
    if (kept.length === 1) {
      steps.push([kept[0], above, above < 0 ? 0 : length]);
      continue;
    }
    const place = rows.length;
    rows.push({
      parent: above,
      length: above < 0 ? 0 : length,
      support: tree.support[node],
      model: tree.model[node],
      origin: tree.origin[node],
    });
    for (const child of kept.reverse()) steps.push([child, place, 0]);
  }
  return fromRows(rows);
}

/** The node with this place in the bundle; -1 if there is none. */
export function nodeOf(tree: Topology, origin: number): number {
  return origin < 0 ? -1 : tree.origin.indexOf(origin);
}

/** Newick of a subtree: names quoted, supports as inner labels. */
export function newick(tree: Topology, name: (model: number) => string, node = 0): string {
  let text = "";
  const open: number[] = [];
  for (let k = node; k < tree.end[node]; k++) {
    while (open.length && k >= tree.end[open[open.length - 1]]) text += closed(tree, open.pop()!, node);
    const first = k === node || k - 1 === tree.parent[k];
    if (!first) text += ",";
    if (isLeaf(tree, k)) text += `${quoted(name(tree.model[k]))}:${tree.length[k]}`;
    else {
      text += "(";
      open.push(k);
    }
  }
  while (open.length) text += closed(tree, open.pop()!, node);
  return `${text};\n`;
}

function closed(tree: Topology, node: number, root: number): string {
  const support = Number.isNaN(tree.support[node]) ? "" : String(tree.support[node]);
  return node === root ? ")" : `)${support}:${tree.length[node]}`;
}

function quoted(name: string): string {
  return /^[A-Za-z0-9.+-]+$/.test(name) ? name : `'${name.replaceAll("'", "''")}'`;
}
