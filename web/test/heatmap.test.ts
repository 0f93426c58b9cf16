import assert from "node:assert/strict";
import { test } from "node:test";
import { dendrogram, leafOrder } from "../src/heatmap/dendrogram";
import { fitting } from "../src/heatmap/picture";
import { colourOf, shadeOf } from "../src/heatmap/ramp";
import { cellAt, plotOf } from "../src/heatmap/scene";
import { UNKNOWN, arranged, halved, highIsNear, nearestPairs, runs } from "../src/heatmap/square";

// Three models: own pairs 200, others 10, 20, 30.
const TRIANGLE = [200, 10, 201, 20, 30, 202];

test("a matrix is arranged both ways, in the order asked for", () => {
  const { side, cells } = arranged(TRIANGLE, [2, 0, 1]);
  assert.equal(side, 3);
  assert.deepEqual([...cells], [202, 20, 30, 20, 200, 10, 30, 10, 201]);
});

test("smaller copies are means of what is known", () => {
  const cells = Uint8Array.of(10, 20, 7, 30, UNKNOWN, UNKNOWN, 4, 6, UNKNOWN);
  assert.deepEqual([...halved({ side: 3, cells }).cells], [20, 7, 5, UNKNOWN]);
});

test("models are near themselves: so it is known which end of the scale is near", () => {
  assert.equal(highIsNear(arranged(TRIANGLE, [0, 1, 2])), true);
  assert.equal(highIsNear(arranged([0, 10, 0, 20, 30, 0], [0, 1, 2])), false);
  assert.equal(highIsNear(arranged([UNKNOWN, 10, UNKNOWN], [0, 1])), false);
});

test("the nearest pairs come first, each once, and no model with itself", () => {
  const square = arranged(TRIANGLE, [0, 1, 2]);
  const all = { top: 0, bottom: 3, left: 0, right: 3 };
  const told = (pairs: ReturnType<typeof nearestPairs>) =>
    [...pairs.row].map((row, k) => [row, pairs.column[k]]);
  assert.deepEqual(told(nearestPairs(square, all, 9, true)), [
    [1, 2],
    [0, 2],
    [0, 1],
  ]);
  assert.deepEqual(told(nearestPairs(square, all, 2, false)), [
    [0, 1],
    [0, 2],
  ]);
  assert.equal(nearestPairs(square, all, 2, false).all, 3);
  assert.deepEqual(told(nearestPairs(square, { top: 1, bottom: 3, left: 0, right: 2 }, 9, true)), [
    [2, 1],
    [2, 0],
    [1, 0],
  ]);
  assert.deepEqual(told(nearestPairs(square, all, 9, true, Uint8Array.of(1, 0, 1))), [[0, 2]]);
});

test("unknown pairs are not in the table", () => {
  const square = arranged([0, UNKNOWN, 0], [0, 1]);
  assert.equal(nearestPairs(square, { top: 0, bottom: 2, left: 0, right: 2 }, 9, true).all, 0);
});

test("neighbours with one value are one run", () => {
  assert.deepEqual(runs([3, 3, 1, 3]), [
    { from: 0, to: 2, value: 3 },
    { from: 2, to: 3, value: 1 },
    { from: 3, to: 4, value: 3 },
  ]);
  assert.deepEqual(runs([]), []);
});

// ((a:1, b:-0.1):2, c:4) with models 0, 1, 2.
const TREE = { parent: [-1, 0, 1, 1, 0], length: [9, 2, 1, -0.1, 4], model: [-1, -1, 0, 1, 2] };

test("a tree's lines are at its rows, its height is 1, branches below 0 have no length", () => {
  assert.deepEqual(leafOrder(TREE), [0, 1, 2]);
  const found = dendrogram(TREE, Int32Array.of(1, 2, 0), 3)!;
  assert.deepEqual([...found.across], [0, 0.5, 2, 0.5, 0.75, 1.5, 0.5, 0.5, 2.5, 0, 1, 0.5]);
  assert.deepEqual([...found.down], [0.5, 2, 0, 1.5, 2.5, 0.5]);
});

test("a tree that would cross itself or lacks rows is not drawn", () => {
  assert.equal(dendrogram(TREE, Int32Array.of(0, 2, 1), 3), undefined);
  assert.equal(dendrogram(TREE, Int32Array.of(0, 1, 2, 3), 4), undefined);
  assert.equal(dendrogram({ parent: [], length: [], model: [] }, new Int32Array(0), 0), undefined);
});

test("leaves that have no row are left out of the tree", () => {
  const found = dendrogram(TREE, Int32Array.of(0, -1, 1), 2)!;
  assert.equal(found.across.length, 9);
  assert.equal(found.down.length, 3);
});

test("the colour scale grows lighter all the way, unknown is grey", () => {
  const light = (part: number) => {
    const [red, green, blue] = shadeOf(part).map((value) => (value / 255) ** 2.2);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  for (let k = 0; k < 100; k++) assert.ok(light((k + 1) / 100) > light(k / 100), `at ${k}`);
  assert.deepEqual([...colourOf(0)], [68, 1, 84]);
  assert.deepEqual([...colourOf(254)], [253, 231, 37]);
  const [red, green, blue] = colourOf(UNKNOWN);
  assert.ok(red === green && green === blue);
});

function sight(zoom: number, x: number, y: number) {
  const scale = 400 * zoom;
  return {
    sx: (at: number) => (at - x) * scale + 300,
    sy: (at: number) => (at - y) * scale + 250,
    scaleX: () => scale,
    width: 600,
    height: 500,
  };
}

test("the plot is what is in sight of the matrix, and knows its cells", () => {
  const room = [50, 50, 50, 50] as const;
  const far = plotOf(sight(1, 0.5, 0.5), room, 10);
  assert.deepEqual([far.left, far.top, far.right, far.bottom, far.cell], [100, 50, 500, 450, 40]);
  assert.deepEqual(far.part, { left: 0, right: 10, top: 0, bottom: 10 });
  assert.deepEqual(cellAt(far, 141, 51), { row: 0, column: 1 });
  assert.equal(cellAt(far, 99, 100), undefined);
  const near = plotOf(sight(4, 0.5, 0), room, 10);
  assert.deepEqual([near.left, near.top, near.right, near.bottom], [50, 250, 550, 450]);
  assert.deepEqual(near.part, { left: 3, right: 7, top: 0, bottom: 2 });
  assert.deepEqual(cellAt(near, 301, 251), { row: 0, column: 5 });
});

test("a name too wide is cut to its room", () => {
  const ruler = { measureText: (text: string) => ({ width: text.length * 6 }) as TextMetrics };
  assert.equal(fitting(ruler, "short", 60), "short");
  assert.equal(fitting(ruler, "a much longer name", 60), "a much lo…");
  assert.equal(fitting(ruler, "name", 3), "");
});
