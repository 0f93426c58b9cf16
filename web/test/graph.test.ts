import assert from "node:assert/strict";
import { test } from "node:test";
import { clipped, Density, drawn, opacities, thinned } from "../src/graph/density";
import { press, stamp } from "../src/graph/discs";
import { joined, kept, neighbours, nextTo, towards } from "../src/graph/edges";
import { overlap, placed } from "../src/graph/labels";
import { indexOf, pick } from "../src/graph/picking";
import { fitted } from "../src/graph/scene";

const NEAR = {
  label: "near",
  directed: false,
  source: [0, 1, 2, 3],
  target: [1, 2, 2, 0],
  weight: [0.9, 0.4, 1, 0.6],
  relations: [],
};
const DECLARED = {
  label: "declared",
  directed: true,
  source: [0, 0],
  target: [2, 3],
  relation: [0, 1],
  relations: ["finetune", "merge"],
};
const ALL = Uint8Array.of(1, 1, 1, 1, 1);
const NONE = new Set<string>();

test("graphs are joined: kinds in order, no edge from a model to itself", () => {
  const edges = joined([NEAR, DECLARED]);
  assert.deepEqual([...edges.source], [0, 1, 3, 0, 0]);
  assert.deepEqual(edges.kinds, ["near", "finetune", "merge"]);
  assert.deepEqual([...edges.kind], [0, 0, 0, 1, 2]);
  assert.deepEqual(edges.directed, [false, true, true]);
  assert.ok(Number.isNaN(edges.weight[3]));
});

test("edges are kept by weight, kind and ends; those without weight pass any", () => {
  const edges = joined([NEAR, DECLARED]);
  assert.deepEqual([...kept(edges, { least: 0.5, hidden: NONE, ends: ALL })], [0, 2, 3, 4]);
  assert.deepEqual([...kept(edges, { least: 0, hidden: new Set(["near", "merge"]), ends: ALL })], [3]);
  assert.deepEqual(
    [...kept(edges, { least: 0, hidden: NONE, ends: Uint8Array.of(1, 1, 0, 1, 1) })],
    [0, 2, 4],
  );
});

test("neighbours are each named once, the strongest edge first", () => {
  const edges = joined([NEAR, DECLARED]);
  const near = neighbours(5, edges, kept(edges, { least: 0, hidden: NONE, ends: ALL }));
  assert.deepEqual(nextTo(near, edges, 0), [1, 3, 2]);
  assert.deepEqual(nextTo(near, edges, 4), []);
  assert.equal(near.start[5], 10);
});

test("the neighbour that lies most to a side", () => {
  const [x, y] = [
    [0, 1, 0.7, -1],
    [0, 0.1, 0.7, 0],
  ];
  assert.equal(towards([1, 2, 3], x, y, 0, [1, 0]), 1);
  assert.equal(towards([1, 2, 3], x, y, 0, [-1, 0]), 3);
  assert.equal(towards([1, 2, 3], x, y, 0, [0, 1]), 2);
  assert.equal(towards([1, 3], x, y, 0, [0, -1]), -1);
});

test("density counts each pixel of an edge and keeps the colour edges share", () => {
  const density = new Density(8, 4);
  density.add(0.5, 1.5, 7.5, 1.5, 3);
  density.add(2.5, 0.5, 2.5, 3.5, 3);
  density.add(5.5, 0.5, 5.5, 3.5, 2);
  assert.deepEqual(
    Array.from({ length: 8 }, (_, k) => density.count(8 + k)),
    [1, 1, 2, 1, 1, 2, 1, 1],
  );
  assert.equal(density.tint(8 + 2), 3);
  assert.equal(density.tint(8 + 5), 0);
});

test("edges that leave the picture are cut off at its border, others are left out", () => {
  const density = new Density(10, 10);
  density.add(-1e6, 5, 1e6, 5, 0);
  assert.ok(
    Array.from({ length: 100 }, (_, at) => density.count(at)).every((count, at) =>
      at >= 50 && at < 60 ? count >= 1 : count === 0,
    ),
  );
  density.add(-5, -5, -1, 20, 0);
  density.add(NaN, 1, 2, 2, 0);
  for (let k = 0; k < 500; k++)
    density.add(Math.sin(k) * 40, Math.cos(k * 7) * 40, Math.sin(k * 3) * 40, k % 40, 0);
  assert.equal(clipped(0, 20, 9, 20, 10, 10), undefined);
  assert.deepEqual(clipped(-10, 5, 10, 5, 10, 10), [0.5, 1]);
});

test("opacity grows with the logarithm of the count", () => {
  const seen = opacities(1000, 40, 240);
  assert.equal(seen[0], 0);
  assert.equal(seen[1], 40);
  assert.equal(seen[1000], 240);
  assert.ok(Math.abs(seen[100] - seen[10] - (seen[1000] - seen[100])) <= 1);
});

test("shading writes red, green, blue, opacity", () => {
  const density = new Density(2, 1);
  density.add(0.5, 0.5, 0.9, 0.5, 1);
  const pixels = new Uint8ClampedArray(8);
  density.shade(
    pixels,
    [
      [0, 0, 0],
      [10, 20, 30],
    ],
    50,
    200,
  );
  assert.deepEqual([...pixels.subarray(0, 3)], [10, 20, 30]);
  assert.ok(pixels[3] > 49 && pixels[7] === 0);
});

test("a disc covers its middle wholly, its rim in part, and stays within the picture", () => {
  const pixels = new Uint8ClampedArray(4 * 9 * 9);
  press(pixels, 9, 9, 4, 4, stamp(2), [200, 100, 50]);
  const at = (x: number, y: number) => [...pixels.subarray(4 * (9 * y + x), 4 * (9 * y + x) + 4)];
  assert.deepEqual(at(4, 4), [200, 100, 50, 255]);
  assert.ok(at(6, 4)[3] > 0 && at(6, 4)[3] < 255);
  assert.equal(at(8, 8)[3], 0);
  for (const [x, y] of [
    [0, 0],
    [8, 8],
    [-3, 4],
    [99, 4],
  ])
    press(pixels, 9, 9, x, y, stamp(3), [1, 2, 3]);
});

test("labels overlap neither each other nor discs, and the first ones come first", () => {
  const room = { width: 300, height: 200, line: 15, most: 99 };
  const wishes = Array.from({ length: 400 }, (_, k) => ({
    mark: k,
    text: `model ${k}`,
    width: 50,
    x: (k * 67) % 300,
    y: (40 + k * 31) % 200,
    radius: 3,
  }));
  const done = placed(wishes, room, wishes.slice(0, 20));
  assert.ok(done.length > 10);
  assert.equal(done[0].mark, 0);
  done.forEach((a, i) => done.slice(0, i).forEach((b) => assert.ok(!overlap(a, b, 15))));
  for (const { mark, x, y } of done) {
    for (const disc of wishes.slice(0, 20)) {
      if (disc.mark !== mark) assert.ok(Math.abs(disc.y - y) >= 9 || disc.x + 3 <= x || disc.x - 3 >= x + 50);
    }
    assert.ok(x >= 0 && x + 50 <= 300);
  }
  assert.equal(placed(wishes, { ...room, most: 4 }).length, 4);
});

test("places fit the unit square with one scale; unknown ones stay unknown", () => {
  const { x, y } = fitted([0, 10, NaN], [5, 7, 1]);
  assert.deepEqual([...x.subarray(0, 2)], [0, 1]);
  assert.ok(Math.abs(y[1] - y[0] - 0.2) < 1e-6);
  assert.ok(Number.isNaN(x[2]));
});

test("the model under the pointer is the nearest shown one within reach", () => {
  const index = indexOf(Float32Array.of(0.5, 0.505, NaN), Float32Array.of(0.5, 0.5, NaN));
  const surface = { wx: (x: number) => x / 1000, wy: (y: number) => y / 1000, scaleX: () => 1000 };
  assert.equal(pick(index, surface, Uint8Array.of(1, 1, 1), 504, 500), 1);
  assert.equal(pick(index, surface, Uint8Array.of(1, 0, 1), 504, 500), 0);
  assert.equal(pick(index, surface, Uint8Array.of(1, 1, 1), 600, 500), -1);
});

test("of too many long edges some are drawn, each for several; the density stays", () => {
  assert.equal(thinned(Float32Array.of(100, 100, 100), 300), 1);
  assert.equal(thinned(Float32Array.of(1000, 1000, 10), 510), 4);
  const edges = Array.from({ length: 10_000 }, (_, e) => e);
  const some = edges.filter((e) => drawn(e, 4));
  assert.ok(Math.abs(4 * some.length - 10_000) < 400);
  assert.ok(edges.every((e) => drawn(e, 1)));
  const density = new Density(10, 1);
  density.add(0, 0.5, 9, 0.5, 0, 4);
  assert.equal(density.count(5), 4);
  for (let k = 0; k < 30_000; k++) density.add(0, 0.5, 9, 0.5, 0, 4);
  assert.equal(density.count(5), 65_535);
});
