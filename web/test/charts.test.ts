import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bundle } from "../src/bundle";
import { cut, months, overTime, paint, ticks } from "../src/charts/bars";
import { countsOf, flow } from "../src/charts/cards";
import { Scaled } from "../src/charts/scaled";
import { laidOut, paintSheet } from "../src/charts/sheet";
import { wrapped } from "../src/charts/wrap";
import type { Theme } from "../src/colours";
import type { Column } from "../src/manifest";
import type { Pen } from "../src/pen";
import { bestOf, holding } from "../src/phrases";

const THEME = {
  ink: "#000000",
  faint: "#555555",
  line: "#dddddd",
  paper: "#ffffff",
  mark: "#c2410c",
} satisfies Theme;

/** A pen that notes what it is told; a letter is 7 pixels wide where the font is of 13. */
function noting() {
  const texts: { text: string; x: number; y: number; align: string }[] = [];
  const rects: number[][] = [];
  const pen = {
    textAlign: "start",
    font: "13px sans-serif",
    measureText(text: string) {
      return { width: (text.length * 7 * Number(/([\d.]+)px/.exec(this.font)![1])) / 13 };
    },
    fillText(text: string, x: number, y: number) {
      texts.push({ text, x, y, align: this.textAlign });
    },
    fillRect: (...box: number[]) => rects.push(box),
  };
  return { pen: pen as unknown as Pen, texts, rects };
}

test("bars start at zero, are in proportion, and have their numbers at their ends", () => {
  const { pen, texts, rects } = noting();
  paint(pen, { labels: ["a", "b", ""], values: [100, 25, 0] }, { x: 10, y: 0, width: 400 }, THEME, "#123456");
  assert.ok(Math.abs(rects[0][2] / rects[1][2] - 4) < 1e-9);
  assert.equal(new Set(rects.map(([x]) => x)).size, 1);
  assert.deepEqual(
    texts.map(({ text }) => text),
    ["a", "100", "b", "25", "not said", "0"],
  );
  assert.equal(texts[1].x, rects[0][0] + rects[0][2] + 5);
  assert.ok(rects[0][0] + rects[0][2] < 410 - 40);
});

test("labels are cut to their room", () => {
  const { pen, texts } = noting();
  paint(pen, { labels: ["x".repeat(10_000)], values: [1] }, { x: 0, y: 0, width: 300 }, THEME, "#123456");
  assert.ok(texts[0].text.length * 7 <= 0.42 * 300 && texts[0].text.endsWith("…"));
  assert.equal(
    cut("short", 35, (text) => text.length * 7),
    "short",
  );
});

test("months become columns over all months, also those without a value", () => {
  assert.ok(overTime(["2022-11", "2022-12", "2023-02"]));
  assert.ok(!overTime(["2022-11", "2022-13", "2023-02"]) && !overTime(["a", "b", "c"]));
  const all = months({ labels: ["2023-02", "2022-11", "2022-12"], values: [3, 1, 2] });
  assert.deepEqual(all, { labels: ["2022-11", "2022-12", "2023-01", "2023-02"], values: [1, 2, 0, 3] });
  const { pen, texts, rects } = noting();
  paint(
    pen,
    { labels: ["2022-11", "2022-12", "2023-02"], values: [1, 2, 3] },
    { x: 0, y: 0, width: 400 },
    THEME,
    "#123456",
  );
  assert.ok(texts.some(({ text }) => text === "2023"));
  const columns = rects.filter(([, , width]) => Math.abs(width - 0.8 * 89) < 1e-6);
  assert.equal(columns.length, 4);
  assert.ok(Math.abs(columns[0][3] / columns[3][3] - 1 / 3) < 1e-9);
});

test("marks of an axis are round numbers from 0", () => {
  assert.deepEqual(ticks(1180), [0, 500, 1000]);
  assert.deepEqual(ticks(7), [0, 2, 4, 6]);
  assert.deepEqual(ticks(0), [0]);
});

test("a column is counted among the models that pass, the rest in a sentence", () => {
  const column = {
    name: "c",
    label: "letter",
    kind: "category",
    categories: ["x", "y", "z"],
    values: {},
  } as unknown as Column;
  const bundle = { numbers: () => Int32Array.of(1, 1, 0, -1, 2, 1) } as unknown as Bundle;
  const all = countsOf(bundle, column, undefined, 2);
  assert.deepEqual(
    [all.labels, all.values],
    [
      ["y", "x"],
      [3, 1],
    ],
  );
  assert.deepEqual(all.sentences, ["1 more, with 1 model.", "Unknown for 1 model."]);
  const some = countsOf(bundle, column, Uint8Array.of(0, 1, 1, 0, 0, 0));
  assert.deepEqual([some.labels, some.values, some.sentences], [["x", "y"], [1, 1], []]);
});

test("cards go where there is most room", () => {
  const { places, height } = flow([100, 50, 30, 60], 2, 10);
  assert.deepEqual(places, [
    { column: 0, y: 0 },
    { column: 1, y: 0 },
    { column: 1, y: 60 },
    { column: 1, y: 100 },
  ]);
  assert.equal(height, 170);
});

test("a sheet keeps its size where cards fit, takes more columns, and only then grows smaller", () => {
  const heights =
    (...all: number[]) =>
    () =>
      all;
  assert.deepEqual([laidOut(heights(100), 400, 200).scale, laidOut(heights(100), 400, 200).columns], [1, 1]);
  assert.equal(laidOut(heights(300, 300, 300), 900, 400).columns, 3);
  const { scale, places } = laidOut(heights(900, 900), 400, 500);
  assert.ok(scale < 1 && places.every(({ y }) => (24 + y + 900) * scale <= 500));
});

test("a sheet has every card and every word of every sentence within its height", () => {
  const { pen, texts, rects } = noting();
  const sentence = "a sentence of many words ".repeat(12).trim();
  const cards = Array.from({ length: 9 }, (_, k) => ({
    colour: "#123456",
    card: {
      title: `card ${k}`,
      labels: Array.from({ length: 30 }, (_, j) => `${j}`),
      values: new Array<number>(30).fill(1),
      sentences: [sentence],
    },
  }));
  paintSheet(pen, cards, 390, 300, THEME);
  assert.ok(cards.every(({ card }) => texts.some(({ text }) => text === card.title)));
  assert.equal(rects.length, 9 * 30);
  assert.equal(
    texts
      .map(({ text }) => text)
      .join(" ")
      .split("sentence").length - 1,
    9 * 12,
  );
  assert.ok(texts.every(({ y, x }) => y > 0 && y < 300 && x >= 0 && x < 390));
});

test("texts are broken at spaces, words longer than a line at letters", () => {
  const measure = (text: string) => text.length;
  assert.deepEqual(wrapped("one two three four", 9, measure), ["one two", "three", "four"]);
  assert.deepEqual(wrapped("a abcdefghij b", 4, measure), ["a", "abcd", "efgh", "ij b"]);
  assert.deepEqual(wrapped("  ", 4, measure), []);
});

test("a scaled pen draws all smaller, and measures in its own unit", () => {
  const { pen, texts, rects } = noting();
  const half = new Scaled(pen, 0.5);
  half.font = "600 14px sans-serif";
  half.fillText("x", 10, 20);
  half.fillRect(2, 4, 6, 8);
  assert.deepEqual([pen.font, half.font], ["600 7px sans-serif", "600 14px sans-serif"]);
  assert.deepEqual([texts[0].x, texts[0].y, rects[0]], [5, 10, [1, 2, 3, 4]]);
  assert.equal(half.measureText("ab").width, 14 * (14 / 13));
});

test("phrases are found whatever their case, and ordered by a measure", () => {
  assert.deepEqual(holding(["GPT2", "chat gpt", "llama"], "gpt"), [0, 1]);
  assert.deepEqual(bestOf([0, 1, 2, 3], [2, NaN, 9, 2]), [2, 0, 3, 1]);
});
