import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bundle } from "../src/bundle";
import { cut, months, overTime, paint, ticks } from "../src/charts/bars";
import { columnsFor, countsOf, flow } from "../src/charts/cards";
import type { Theme } from "../src/colours";
import type { Column } from "../src/manifest";
import type { Pen } from "../src/pen";
import { bestOf, holding } from "../src/phrases";

const THEME = { ink: "#000000", faint: "#555555", line: "#dddddd", paper: "#ffffff", mark: "#c2410c" } satisfies Theme;

/** A pen that notes what it is told; a letter is 7 pixels wide. */
function noting() {
  const texts: { text: string; x: number; y: number; align: string }[] = [];
  const rects: number[][] = [];
  const pen = {
    textAlign: "start",
    measureText: (text: string) => ({ width: text.length * 7 }),
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
  assert.deepEqual(texts.map(({ text }) => text), ["a", "100", "b", "25", "not said", "0"]);
  assert.equal(texts[1].x, rects[0][0] + rects[0][2] + 5);
  assert.ok(rects[0][0] + rects[0][2] < 410 - 40);
});

test("labels are cut to their room", () => {
  const { pen, texts } = noting();
  paint(pen, { labels: ["x".repeat(10_000)], values: [1] }, { x: 0, y: 0, width: 300 }, THEME, "#123456");
  assert.ok(texts[0].text.length * 7 <= 0.42 * 300 && texts[0].text.endsWith("…"));
  assert.equal(cut("short", 35, (text) => text.length * 7), "short");
});

test("months become columns over all months, also those without a value", () => {
  assert.ok(overTime(["2022-11", "2022-12", "2023-02"]));
  assert.ok(!overTime(["2022-11", "2022-13", "2023-02"]) && !overTime(["a", "b", "c"]));
  const all = months({ labels: ["2023-02", "2022-11", "2022-12"], values: [3, 1, 2] });
  assert.deepEqual(all, { labels: ["2022-11", "2022-12", "2023-01", "2023-02"], values: [1, 2, 0, 3] });
  const { pen, texts, rects } = noting();
  paint(pen, { labels: ["2022-11", "2022-12", "2023-02"], values: [1, 2, 3] }, { x: 0, y: 0, width: 400 }, THEME, "#123456");
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
  const column = { name: "c", label: "letter", kind: "category", categories: ["x", "y", "z"], values: {} } as unknown as Column;
  const bundle = { numbers: () => Int32Array.of(1, 1, 0, -1, 2, 1) } as unknown as Bundle;
  const all = countsOf(bundle, column, undefined, 2);
  assert.deepEqual([all.labels, all.values], [["y", "x"], [3, 1]]);
  assert.deepEqual(all.sentences, ["1 more, with 1 model.", "Unknown for 1 model."]);
  const some = countsOf(bundle, column, Uint8Array.of(0, 1, 1, 0, 0, 0));
  assert.deepEqual([some.labels, some.values, some.sentences], [["x", "y"], [1, 1], []]);
});

test("cards go where there is most room, in as few columns as fit", () => {
  const { places, height } = flow([100, 50, 30, 60], 2, 10);
  assert.deepEqual(places, [{ column: 0, y: 0 }, { column: 1, y: 0 }, { column: 1, y: 60 }, { column: 1, y: 100 }]);
  assert.equal(height, 170);
  assert.equal(columnsFor([100, 100, 100], 230, 1, 5, 10), 2);
  assert.equal(columnsFor([900], 230, 1, 5, 10), 5);
});

test("phrases are found whatever their case, and ordered by a measure", () => {
  assert.deepEqual(holding(["GPT2", "chat gpt", "llama"], "gpt"), [0, 1]);
  assert.deepEqual(bestOf([0, 1, 2, 3], [2, NaN, 9, 2]), [2, 0, 3, 1]);
});
