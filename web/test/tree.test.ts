import assert from "node:assert/strict";
import { test } from "node:test";
import { branches, type Lens, Strokes, walk } from "../src/tree/draw";
import { placed } from "../src/tree/labels";
import { layout } from "../src/tree/layout";
import { splits, tangle } from "../src/tree/tangle";
import {
  children,
  ladderised,
  models,
  newick,
  pruned,
  rerooted,
  swapped,
  type Topology,
} from "../src/tree/topology";
import { grown, written } from "./bundles";

const PLAIN = { shape: "rectangular", even: false, collapsed: new Set<number>() } as const;

/** Lengths of the ways between all pairs of leaves, by walking up. */
function ways(tree: Topology): Map<string, number> {
  const up = (node: number) => {
    const found = new Map<number, number>();
    for (let sum = 0; node >= 0; sum += tree.length[node], node = tree.parent[node]) found.set(node, sum);
    return found;
  };
  const leaves = [...tree.model.keys()].filter((k) => tree.model[k] >= 0);
  const all = new Map<string, number>();
  for (const a of leaves)
    for (const b of leaves) {
      const [fromA, fromB] = [up(a), up(b)];
      const least = Math.min(
        ...[...fromA.keys()].filter((k) => fromB.has(k)).map((k) => fromA.get(k)! + fromB.get(k)!),
      );
      all.set(`${tree.model[a]} ${tree.model[b]}`, least);
    }
  return all;
}

function sorted(map: Map<string, number>): [string, number][] {
  return [...map].map(([k, v]) => [k, Number(v.toFixed(4))] as [string, number]).sort();
}

test("rerooting changes no way between leaves, and supports stay with their splits", () => {
  const tree = grown("((a,b),((c,d),(e,(f,g))))");
  tree.length.forEach((_, k) => k && (tree.length[k] = 0.5 + k / 10));
  tree.support.forEach((_, k) => tree.model[k] < 0 && k && (tree.support[k] = k));
  for (let node = 1; node < tree.parent.length; node++) {
    const turned = rerooted(tree, node);
    const sides = children(turned, 0).map((child) => models(turned, child).sort().join());
    assert.equal(sides.length, 2);
    assert.ok(sides.includes(models(tree, node).sort().join()), `the root is above ${node}`);
    assert.deepEqual(sorted(ways(turned)), sorted(ways(tree)), `rooted at ${node}`);
    const [before, after] = [splits(tree), splits(turned)];
    const supportOf = new Map([...before].map(([k, split]) => [split, tree.support[k]]));
    for (const [k, split] of after)
      if (!Number.isNaN(turned.support[k])) {
        const known = supportOf.get(split)!;
        const root = [...before].filter(([, s]) => s === split).map(([j]) => tree.support[j]);
        assert.ok(root.includes(turned.support[k]), `${known} against ${turned.support[k]}`);
      }
  }
});

test("ladderising, swapping and pruning keep the leaves they should", () => {
  const tree = grown("(((a,b),c),d)");
  assert.equal(written(ladderised(tree, "up")), "(d,(c,(a,b)))");
  assert.equal(written(ladderised(grown("(d,(c,(a,b)))"), "down")), "(((a,b),c),d)");
  assert.equal(written(swapped(tree, new Set([0]))), "(d,((a,b),c))");
  const kept = pruned(tree, (model) => model !== 1);
  assert.equal(written(kept), "((a,c),d)");
  assert.equal(kept.length[kept.model.indexOf(0)], 2, "a branch joined to the one above is as long as both");
  assert.equal(pruned(tree, () => false).parent.length, 0);
});

test("Newick quotes what needs it and holds lengths and supports", () => {
  const tree = grown("((a,b),c)");
  tree.support[1] = 90;
  const names = ["x/1", "it's", "(;"];
  assert.equal(
    newick(tree, (model) => names[model]),
    "(('x/1':1,'it''s':1)90:1,'(;':1);\n",
  );
  assert.equal(
    newick(tree, (model) => names[model], 1),
    "('x/1':1,'it''s':1);\n",
  );
});

test("a layout puts leaves at even rows, parents between children, depth by length", () => {
  const tree = grown("((a,b),(c,(d,e)))");
  const at = layout(tree, PLAIN);
  assert.deepEqual(
    [...at.tips].map((k) => Number(at.row[k].toFixed(3))),
    [0.1, 0.3, 0.5, 0.7, 0.9],
  );
  assert.equal(Math.fround(at.row[1]), Math.fround(0.2));
  assert.equal(at.far[0], 1);
  assert.equal(at.depth[tree.model.indexOf(0)], Math.fround(2 / 3));
  assert.equal(at.span, 3);
});

test("a collapsed clade is one tip as deep as its deepest leaf", () => {
  const tree = grown("((a,b),(c,(d,e)))");
  const clade = tree.parent[tree.model.indexOf(2)];
  const at = layout(tree, { ...PLAIN, collapsed: new Set([clade]) });
  assert.equal(at.tips.length, 3);
  assert.equal(at.folded[clade], 1);
  assert.equal(at.far[clade], 1);
  assert.equal(at.seen[tree.model.indexOf(3)], 0);
});

test("an unrooted layout has branches as long as they are, in one scale", () => {
  const tree = grown("((a,b),(c,(d,e)))");
  const at = layout(tree, { ...PLAIN, shape: "unrooted" });
  const long = (k: number) => Math.hypot(at.x[k] - at.x[tree.parent[k]], at.y[k] - at.y[tree.parent[k]]);
  const first = long(1);
  for (let k = 2; k < tree.parent.length; k++) assert.ok(Math.abs(long(k) - first) < 1e-5);
});

function comb(leaves: number): Topology {
  const n = 2 * leaves - 1;
  const parent = Int32Array.from({ length: n }, (_, k) => (k === 0 ? -1 : k % 2 ? k - 1 : k - 2));
  const tree = {
    parent,
    length: new Float32Array(n).fill(1),
    support: new Float32Array(n).fill(NaN),
    model: Int32Array.from(parent, (_, k) => (k % 2 ? (k - 1) / 2 : -1)),
    end: Int32Array.from(parent, (_, k) => (k % 2 ? k + 1 : n)),
    leaves: new Int32Array(n),
    origin: Int32Array.from(parent, (_, k) => k),
  };
  tree.model[n - 1] = leaves - 1;
  tree.end[n - 1] = n;
  for (let k = n - 1; k >= 0; k--) {
    if (tree.model[k] >= 0) tree.leaves[k] = 1;
    if (parent[k] >= 0) tree.leaves[parent[k]] += tree.leaves[k];
  }
  return tree;
}

function lens(width: number, height: number): Lens {
  return { sx: (x) => x * width, sy: (y) => y * height, scaleX: width, scaleY: height, width, height };
}

test("subtrees under a pixel are bars that reach their deepest leaf: no tip vanishes", () => {
  const tree = comb(5000);
  const at = layout(tree, PLAIN);
  const strokes = new Strokes();
  branches(tree, at, lens(1000, 100), new Uint8Array(tree.parent.length), strokes);
  let farthest = 0;
  const pen = {
    lineWidth: 0,
    beginPath() {},
    moveTo() {},
    stroke() {},
    lineTo: (x: number) => (farthest = Math.max(farthest, x)),
  };
  const drawn = strokes.flush(pen as never, () => "#000", 1);
  assert.ok(farthest > 999.9, `drawn to ${farthest} of 1000`);
  assert.ok(drawn < 2 * tree.parent.length);
  let visited = 0;
  walk(tree, at, lens(1000, 100), () => visited++);
  assert.ok(visited < tree.parent.length, "the walk goes round what is small");
});

test("only what is in sight is walked", () => {
  const tree = comb(3000);
  const at = layout(tree, PLAIN);
  const near = { ...lens(1000, 500), sy: (y: number) => (y - 0.5) * 500 * 100 + 250, scaleY: 50_000 };
  let tips = 0;
  walk(tree, at, near, (node) => (tips += tree.model[node] >= 0 ? 1 : 0));
  assert.ok(tips > 20 && tips < 60, `${tips} tips`);
});

for (const shape of ["rectangular", "circular", "unrooted"] as const) {
  test(`names never touch: ${shape}`, () => {
    const tree = comb(400);
    const at = layout(tree, { ...PLAIN, shape });
    const found = placed(at, lens(900, 900), {
      width: () => 80,
      first: [tree.model.indexOf(200)],
      edge: undefined,
    });
    assert.ok(found.length > 5);
    assert.ok(
      found.some((label) => tree.model[label.node] === 200),
      "the first ones have room before all others",
    );
    if (shape !== "rectangular") return;
    const rows = found.map((label) => label.y).sort((a, b) => a - b);
    for (let k = 1; k < rows.length; k++) assert.ok(rows[k] - rows[k - 1] >= 12 - 1e-6);
  });
}

test("tanglegram: shared leaves, splits in one only, the right one untangled", () => {
  const [a, b] = [grown("((a,b),(c,(d,e)))"), grown("(((e,d),c),(b,a))")];
  const same = tangle(a, b);
  assert.equal(same.distance, 0);
  assert.equal(same.crossings, 0);
  assert.deepEqual(models(same.left), models(same.right));
  const other = tangle(a, grown("((a,c),(b,(d,(e,f))))"));
  assert.equal(other.shared, 5, "f is in one tree only");
  assert.equal(other.distance, 2, "ab | cde is in the left one only, ac | bde in the right one only");
  assert.ok(other.leftOnly.some((odd) => odd === 1) && other.rightOnly.some((odd) => odd === 1));
});

test("trees that differ in nothing but their root have no crossings", () => {
  const tree = grown("((a,b),((c,d),(e,(f,g))))");
  for (let node = 1; node < tree.parent.length; node++) {
    const found = tangle(tree, rerooted(tree, node));
    assert.deepEqual([found.distance, found.crossings], [0, 0], `rooted at ${node}`);
  }
});

test("crossings are pairs in another order", () => {
  const stars = tangle(grown("(a,b,c,d)"), grown("(d,c,b,a)"));
  assert.equal(stars.crossings, 0, "a star can be turned");
  const fixed = tangle(grown("((a,c),(b,d))"), grown("((a,b),(c,d))"));
  assert.equal(fixed.crossings, 1);
});
