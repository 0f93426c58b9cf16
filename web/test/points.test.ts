import assert from "node:assert/strict";
import { test } from "node:test";
import { clipped } from "../src/points/clip";
import { PointGrid } from "../src/points/grid";
import { Taken, placeLabels } from "../src/points/labels";
import {
  DensityPainter,
  type Frame,
  type Ink,
  opacity,
  paintDiscs,
  paintMarked,
  radiusFor,
  seen,
  stamp,
} from "../src/points/pixels";

/** Numbers in [0, 1) that are the same in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function scattered(count: number): { x: Float32Array; y: Float32Array } {
  const next = random(1);
  const x = Float32Array.from({ length: count }, next);
  const y = Float32Array.from({ length: count }, next);
  return { x, y };
}

function raster(width: number, height: number) {
  return { width, height, pixels: new Uint8ClampedArray(width * height * 4) };
}

const RED: Ink = { shade: new Uint8Array(10), palette: [[255, 0, 0]], opacity: 1 };
const PIXELS: Frame = { scaleX: 10, scaleY: 10, shiftX: 0, shiftY: 0 };

test("a box holds the same points as looking at each", () => {
  const { x, y } = scattered(3000);
  const grid = new PointGrid(x, y);
  assert.ok(grid.side > 3);
  for (const box of [
    { left: 0.2, right: 0.37, top: 0.55, bottom: 0.8 },
    { left: -1, right: 2, top: -1, bottom: 2 },
  ]) {
    const found = grid
      .within(box)
      .map((place) => grid.id[place])
      .sort((a, b) => a - b);
    const wanted = [...x.keys()].filter(
      (i) => x[i] >= box.left && x[i] <= box.right && y[i] >= box.top && y[i] <= box.bottom,
    );
    assert.deepEqual(found, wanted);
  }
  assert.deepEqual(grid.within({ left: 1.1, right: 2, top: 0, bottom: 1 }), []);
});

test("points without a place are left out, those on the rim are not", () => {
  const grid = new PointGrid(Float32Array.of(NaN, 0, 1, 0.5, 1.2), Float32Array.of(0.5, 0, 1, NaN, 0.5));
  assert.deepEqual([...grid.id].sort(), [1, 2]);
  assert.equal(new PointGrid([], []).count, 0);
});

test("the nearest point is found across cells, and none beyond the reach", () => {
  const { x, y } = scattered(3000);
  const grid = new PointGrid(x, y);
  const away = (i: number) => Math.hypot(x[i] - 0.5, y[i] - 0.5);
  const wanted = [...x.keys()].reduce((best, i) => (away(i) < away(best) ? i : best));
  assert.equal(grid.id[grid.nearest(0.5, 0.5, 0.1, 0.1, () => true)], wanted);
  const second = grid.nearest(0.5, 0.5, 0.1, 0.1, (place) => grid.id[place] !== wanted);
  assert.notEqual(grid.id[second], wanted);
  assert.equal(
    grid.nearest(0.5, 0.5, 1e-9, 1e-9, () => true),
    -1,
  );
});

test("counts are the stronger the more points, in their mean colour", () => {
  const grid = new PointGrid([0.05, 0.05, 0.05, 0.95], [0.05, 0.05, 0.05, 0.95]);
  const shade = Uint8Array.from(grid.id, (id) => (id === 0 ? 1 : 0));
  const into = raster(10, 10);
  const ink = {
    shade,
    palette: [
      [0, 0, 255],
      [255, 0, 0],
    ] as const,
    opacity: 1,
  };
  const most = new DensityPainter().paint(grid, ink, PIXELS, into, 0.4);
  assert.equal(most, 3);
  assert.deepEqual([...into.pixels.slice(0, 4)], [85, 0, 170, 255]);
  assert.deepEqual([...into.pixels.slice(99 * 4)], [0, 0, 255, 102]);
  assert.equal(into.pixels.filter((value) => value > 0).length, 5);
});

test("a painter used again has forgotten what it counted", () => {
  const painter = new DensityPainter();
  const grid = new PointGrid([0.5], [0.5]);
  assert.equal(painter.paint(grid, RED, PIXELS, raster(10, 10), 0.5), 1);
  assert.equal(painter.paint(grid, RED, PIXELS, raster(10, 10), 0.5), 1);
});

test("points out of sight are not drawn at the other rim", () => {
  const grid = new PointGrid([0.9, 0.1], [0.5, 0.1]);
  const into = raster(5, 10);
  new DensityPainter().paint(grid, RED, PIXELS, into, 1);
  assert.equal(into.pixels.filter((_, k) => k % 4 === 3 && into.pixels[k] > 0).length, 1);
});

test("opacity rises with the logarithm of the count", () => {
  assert.equal(opacity(0, 100, 0.3), 0);
  assert.equal(opacity(1, 100, 0.3), 0.3);
  assert.ok(Math.abs(opacity(10, 100, 0.3) - 0.65) < 1e-9);
  assert.equal(opacity(100, 100, 0.3), 1);
  assert.equal(opacity(1, 1, 0.3), 1);
});

test("a disc is round, soft at its rim and cut at the image's", () => {
  const into = raster(20, 20);
  stamp(into, 10, 10, 4, [0, 128, 255]);
  const alpha = (x: number, y: number) => into.pixels[(y * 20 + x) * 4 + 3];
  assert.equal(alpha(10, 10), 255);
  assert.equal(alpha(7, 7), alpha(12, 12));
  assert.equal(alpha(5, 5), 0);
  assert.ok(alpha(13, 11) > 0 && alpha(13, 12) < 255);
  stamp(into, 0, 0, 4, [1, 2, 3]);
  assert.equal(alpha(19, 19), 0);
});

test("discs over each other are mixed by their opacity", () => {
  const into = raster(3, 3);
  const grid = new PointGrid([0.5], [0.5]);
  const frame = { scaleX: 3, scaleY: 3, shiftX: 0, shiftY: 0 };
  stamp(into, 1.5, 1.5, 2, [0, 0, 0]);
  paintDiscs(grid, [0], { shade: new Uint8Array(1), palette: [[200, 100, 0]], opacity: 0.5 }, frame, 2, into);
  assert.deepEqual([...into.pixels.slice(16, 20)], [100, 50, 0, 255]);
});

test("marked points are drawn where they are, those without a place or out of sight are not", () => {
  const [x, y] = [Float32Array.of(0.05, NaN, 0.95, 1.5), Float32Array.of(0.05, 0.5, 0.95, 0.5)];
  const into = raster(10, 10);
  paintMarked([0, 1, 3], x, y, [9, 8, 7], PIXELS, 0, into);
  assert.deepEqual([...into.pixels.slice(0, 4)], [9, 8, 7, 255]);
  assert.equal(into.pixels.filter((_, k) => k % 4 === 3 && into.pixels[k] > 0).length, 1);
  paintMarked([2], x, y, [9, 8, 7], PIXELS, 1.5, into);
  assert.ok(into.pixels.filter((_, k) => k % 4 === 3 && into.pixels[k] > 0).length > 3);
});

test("what is seen is the inverse of the frame", () => {
  const box = seen({ scaleX: 200, scaleY: 100, shiftX: -50, shiftY: 20 }, 100, 100);
  assert.deepEqual(box, { left: 0.25, right: 0.75, top: -0.2, bottom: 0.8 });
});

test("discs shrink as they become many", () => {
  assert.ok(radiusFor(10, 1000, 800) > radiusFor(1000, 1000, 800));
  assert.ok(radiusFor(1000, 1000, 800) > radiusFor(20_000, 1000, 800));
});

test("labels cover neither each other nor marks, the first ones win", () => {
  const { x, y } = scattered(300);
  const [px, py] = [x.map((at) => at * 600), y.map((at) => at * 400)];
  const placed = placeLabels(px, py, () => 60, 3, 14, new Taken(600, 400), 1000);
  assert.ok(placed.length > 20);
  const apart = (a: (typeof placed)[0], b: (typeof placed)[0]) =>
    a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
  for (const a of placed) {
    for (const b of placed) assert.ok(a === b || apart(a, b));
    for (let k = 0; k < px.length; k++) {
      assert.ok(!(px[k] > a.x && px[k] < a.x + a.width && py[k] > a.y && py[k] < a.y + a.height));
    }
    assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= 600 && a.y + a.height <= 400);
  }
  const crowded = placeLabels([100, 100], [100, 112], () => 60, 3, 14, new Taken(230, 118), 1);
  assert.deepEqual(
    crowded.map((label) => label.mark),
    [0],
  );
});

test("a line is cut at the rims of its area", () => {
  const area = { left: 10, top: 10, width: 100, height: 50 };
  assert.deepEqual(
    clipped([0, 20], [200, 20], area)?.map(([x, y]) => [Math.round(x), y]),
    [
      [10, 20],
      [110, 20],
    ],
  );
  assert.deepEqual(clipped([20, 20], [30, 30], area), [
    [20, 20],
    [30, 30],
  ]);
  assert.deepEqual(clipped([0, 0], [60, 60], area), [
    [10, 10],
    [60, 60],
  ]);
  assert.equal(clipped([0, 0], [200, 5], area), undefined);
  assert.equal(clipped([5, 0], [5, 90], area), undefined);
});
