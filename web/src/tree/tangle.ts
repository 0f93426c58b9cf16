// A tanglegram: what they share, what they don't, and the right one untangled.

import { children, isLeaf, pruned, reordered, rerooted, type Topology } from "./topology";

export interface Tangle {
  readonly left: Topology;
  readonly right: Topology;
  /** 1 for inner nodes whose split the other tree hasn't. */
  readonly leftOnly: Uint8Array;
  readonly rightOnly: Uint8Array;
  /** Splits in one tree only, of both together (Robinson and Foulds 1981). */
  readonly distance: number;
  readonly splits: number;
  /** Pairs of leaves that stand in another order. */
  readonly crossings: number;
  readonly shared: number;
}

/** Both trees on the leaves they share, the right one turned to the left one's order. */
export function tangle(a: Topology, b: Topology): Tangle {
  const inBoth = both(a, b);
  const left = pruned(a, (model) => inBoth.has(model));
  const right = untangled(
    rootedAlike(
      pruned(b, (model) => inBoth.has(model)),
      left,
    ),
    left,
  );
  const [ofLeft, ofRight] = [splits(left), splits(right)];
  const [inLeft, inRight] = [new Set(ofLeft.values()), new Set(ofRight.values())];
  const only = (tree: Topology, own: Map<number, string>, other: Set<string>) =>
    Uint8Array.from(tree.parent, (_, node) => (own.has(node) && !other.has(own.get(node)!) ? 1 : 0));
  const distance =
    [...inLeft].filter((each) => !inRight.has(each)).length +
    [...inRight].filter((each) => !inLeft.has(each)).length;
  return {
    left,
    right,
    distance,
    splits: inLeft.size + inRight.size,
    shared: inBoth.size,
    leftOnly: only(left, ofLeft, inRight),
    rightOnly: only(right, ofRight, inLeft),
    crossings: crossings(left, right),
  };
}

function both(a: Topology, b: Topology): Set<number> {
  const inA = new Set(a.model.filter((model) => model >= 0));
  return new Set(b.model.filter((model) => model >= 0 && inA.has(model)));
}

/** The tree rooted on the branch on which the other one is, where it has that branch. */
function rootedAlike(tree: Topology, other: Topology): Topology {
  const [own, others] = [splits(tree), splits(other)];
  for (const child of children(other, 0)) {
    const model = other.model[child];
    const split = others.get(child);
    const same =
      model >= 0 ? tree.model.indexOf(model) : ([...own].find(([, each]) => each === split)?.[0] ?? -1);
    if (same > 0 && tree.parent[same] > 0) return rerooted(tree, same);
  }
  return tree;
}

/** Children ordered by the mean place of their leaves in the other tree. */
function untangled(tree: Topology, other: Topology): Topology {
  const place = new Map<number, number>();
  other.model.forEach((model) => model >= 0 && place.set(model, place.size));
  const sum = new Float64Array(tree.parent.length);
  for (let node = tree.parent.length - 1; node >= 0; node--) {
    if (isLeaf(tree, node)) sum[node] = place.get(tree.model[node]) ?? 0;
    if (tree.parent[node] >= 0) sum[tree.parent[node]] += sum[node];
  }
  const mean = (node: number) => sum[node] / tree.leaves[node];
  return reordered(tree, (_, kids) => kids.sort((a, b) => mean(a) - mean(b)));
}

/**
 * Each inner node's split of the leaves, the root's place left out of it: two random 32-bit words
 * for each leaf, joined by exclusive or over the side without the first leaf.
 */
export function splits(tree: Topology): Map<number, string> {
  const n = tree.parent.length;
  const [low, high] = [new Int32Array(n), new Int32Array(n)];
  const sizes = tree.leaves;
  for (let node = n - 1; node >= 0; node--) {
    if (isLeaf(tree, node))
      [low[node], high[node]] = [mixed(tree.model[node]), mixed(tree.model[node] + 0x9e3779b9)];
    const above = tree.parent[node];
    if (above < 0) continue;
    low[above] ^= low[node];
    high[above] ^= high[node];
  }
  let least = Infinity;
  for (const model of tree.model) if (model >= 0 && model < least) least = model;
  const holds = holders(tree, least);
  const found = new Map<number, string>();
  for (let node = 1; node < n; node++) {
    if (isLeaf(tree, node) || sizes[0] - sizes[node] < 2) continue;
    const [a, b] = holds[node] ? [low[node] ^ low[0], high[node] ^ high[0]] : [low[node], high[node]];
    found.set(node, `${a}.${b}`);
  }
  return found;
}

/** 1 for the nodes above a leaf and itself. */
function holders(tree: Topology, model: number): Uint8Array {
  const holds = new Uint8Array(tree.parent.length);
  for (let node = tree.model.indexOf(model); node >= 0; node = tree.parent[node]) holds[node] = 1;
  return holds;
}

/** A well-mixed 32-bit word (the finaliser of MurmurHash3). */
function mixed(value: number): number {
  let h = (value + 1) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function crossings(left: Topology, right: Topology): number {
  const place = new Map<number, number>();
  right.model.forEach((model) => model >= 0 && place.set(model, place.size));
  const order = Array.from(
    left.model.filter((model) => model >= 0),
    (model) => place.get(model)!,
  );
  const counts = new Int32Array(order.length + 1); // a Fenwick tree over places seen
  let crossed = 0;
  order.forEach((at, seen) => {
    let before = 0;
    for (let k = at + 1; k > 0; k -= k & -k) before += counts[k];
    crossed += seen - before;
    for (let k = at + 1; k < counts.length; k += k & -k) counts[k]++;
  });
  return crossed;
}
