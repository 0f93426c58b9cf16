import assert from "node:assert/strict";
import { test } from "node:test";
import { boxes } from "../src/clouds/draw";
import { laidOut, seeded, sizes } from "../src/clouds/layout";

/** A canvas on which every word is a box, `letter` of its size to a letter wide and 0.7 of it high. */
function plain(letter = 0.6): HTMLCanvasElement {
  const side = 2048;
  const data = new Uint8Array(4 * side * side);
  let [size, x, y] = [10, 0, 0];
  const context = {
    set font(value: string) {
      size = Number(/(\d+)px/.exec(value)![1]);
    },
    measureText: (text: string) => ({ width: text.length * letter * size }),
    getImageData: (_x: number, _y: number, width: number) => ({
      data: width === 1 ? new Uint8Array(4) : data,
    }),
    clearRect: () => data.fill(0),
    save: () => ([x, y] = [0, 0]),
    translate: (dx: number, dy: number) => ([x, y] = [x + dx, y + dy]),
    fillText(text: string) {
      const half = Math.floor(0.5 * letter * text.length * size);
      for (let row = Math.ceil(y - 0.7 * size); row < y; row++)
        data.fill(255, 4 * (row * side + Math.max(0, x - half)), 4 * (row * side + x + half));
    },
    restore() {},
    rotate() {},
    strokeText() {},
  };
  return { getContext: () => context } as unknown as HTMLCanvasElement;
}

const CLOUD = {
  words: Array.from({ length: 25 }, (_, k) => `word${k}`),
  weights: Array.from({ length: 25 }, (_, k) => 1 / (k + 1)),
};

test("random numbers are the same for a seed, and spread from 0 to 1", () => {
  const [a, b, c] = [seeded(7), seeded(7), seeded(8)];
  const first = Array.from({ length: 1000 }, a);
  assert.deepEqual(first.slice(0, 50), Array.from({ length: 50 }, b));
  assert.notEqual(first[0], c());
  assert.ok(first.every((value) => value >= 0 && value < 1));
  assert.ok(Math.abs(first.reduce((sum, value) => sum + value) / 1000 - 0.5) < 0.05);
});

test("areas of words follow weights, and the widest fits", () => {
  const found = sizes(["aa", "bb"], [4, 1], 400, 300);
  assert.ok(Math.abs(found[0] / found[1] - 2) < 1e-9);
  const [long] = sizes(["a".repeat(30)], [1], 200, 200);
  assert.ok(30 * 0.62 * long <= 200);
  assert.ok(sizes(["x", "y"], [NaN, 0], 100, 100).every((size) => size >= 10));
});

test("a cloud has no overlaps, stays in its room, and is the same each time", () => {
  const placed = laidOut(CLOUD, 900, 600, () => plain());
  assert.equal(placed.length, 25);
  const box = ({ x, y, size, text }: (typeof placed)[number]) => ({
    left: x - 0.3 * text.length * size,
    right: x + 0.3 * text.length * size,
    y,
    size,
  });
  placed.map(box).forEach((a, i, all) => {
    assert.ok(a.left >= 0 && a.right <= 900 && a.y > 0 && a.y < 600);
    for (const b of all.slice(0, i)) {
      const apart =
        a.left >= b.right - 1 ||
        b.left >= a.right - 1 ||
        a.y <= b.y - 0.7 * Math.floor(b.size) + 1 ||
        b.y <= a.y - 0.7 * Math.floor(a.size) + 1;
      assert.ok(apart);
    }
  });
  assert.deepEqual(
    laidOut(CLOUD, 900, 600, () => plain()),
    placed,
  );
});

test("words shrink until all fit, also in a font wider than thought", () => {
  const words = Array.from({ length: 25 }, (_, k) => `word ${k}`);
  const weights = words.map(() => 1);
  const placed = laidOut({ words, weights }, 400, 200, () => plain(1.1));
  assert.equal(placed.length, 25);
  assert.ok(placed[0].size < 0.9 * sizes(words, weights, 400, 200)[0]);
});

test("long and hidden letters are cut and shown; no words give no cloud", () => {
  const [only] = laidOut({ words: ["\u202e<script>".padEnd(10_000, "x")], weights: [1] }, 600, 300, () =>
    plain(),
  );
  assert.equal(only.text.length, 30);
  assert.ok(only.text.startsWith("�<script>") && only.text.endsWith("…"));
  assert.deepEqual(
    laidOut({ words: [], weights: [] }, 600, 300, () => plain()),
    [],
  );
});

test("boxes are equal, apart, and fill the picture", () => {
  const found = boxes(12, 1050, 750);
  assert.equal(found.length, 12);
  for (const { x, y, width, height } of found) {
    assert.ok(x >= 0 && y >= 0 && x + width <= 1050 && y + height <= 750 && width > 150);
  }
  assert.equal(new Set(found.map(({ x, y }) => `${Math.round(x)} ${Math.round(y)}`)).size, 12);
  assert.deepEqual(
    boxes(1, 500, 300).map(({ x, y }) => [x, y]),
    [[18, 18]],
  );
});
