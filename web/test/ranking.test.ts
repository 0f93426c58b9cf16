import assert from "node:assert/strict";
import { test } from "node:test";
import { Bundle } from "../src/bundle";
import {
  between,
  decimals,
  everyRow,
  middle,
  percent,
  ranked,
  rowAt,
  scaleOf,
  told,
} from "../src/charts/ranking";
import { paintRanking, type RankWindow } from "../src/charts/rankpicture";
import type { Theme } from "../src/colours";
import type { Pen } from "../src/pen";
import { place } from "../src/points/scale";
import { manifest, Packer } from "./bundles";

function study() {
  const packer = new Packer();
  const f32 = (...values: number[]) => packer.numbers(values, "f32");
  const scores = {
    benchmark: "MMLU",
    level: 0.9,
    model: packer.numbers([0, 1, 2, 3], "u32"),
    value: f32(58.1, 70, 61.5, NaN),
    low: f32(58.1, 60, 55, NaN),
    high: f32(58.1, 80, 66, NaN),
  };
  return {
    scores,
    bundle: new Bundle(manifest(["a", "b", "c", "d"]), packer.bytes().buffer as ArrayBuffer, 0),
  };
}

test("scores are ranked from the highest, known and forecast told apart, what is no number left out", () => {
  const { bundle, scores } = study();
  const rows = ranked(bundle, scores, undefined, false);
  assert.deepEqual(
    rows.map(({ model, forecast }) => [model, forecast]),
    [
      [1, true],
      [2, true],
      [0, false],
    ],
  );
  assert.equal(rows[2].value, 58.1);
  assert.deepEqual(
    ranked(bundle, scores, undefined, true).map(({ model }) => model),
    [1, 2],
  );
  assert.deepEqual(
    ranked(bundle, scores, Uint8Array.of(1, 0, 1, 1), false).map(({ model }) => model),
    [2, 0],
  );
});

test("the scale holds the ends of all intervals", () => {
  const { bundle, scores } = study();
  const { low, high } = scaleOf(ranked(bundle, scores, undefined, false));
  assert.deepEqual([low, high], [55, 80]);
  assert.ok(scaleOf([]).low < scaleOf([]).high);
});

test("a score is told with its interval's level", () => {
  const { bundle, scores } = study();
  const rows = ranked(bundle, scores, undefined, false);
  assert.equal(told(rows[0], 0.9), "70, forecast, 90 % interval 60 to 80");
  const unsure = { ...rows[0], low: NaN, high: NaN };
  assert.equal(told(unsure, 0.9), "70, forecast, can't tell how surely");
  assert.equal(told(rows[2], 0.9), "58.1, known");
  assert.equal(told({ ...rows[2], value: 0.445949 }, 0.9), "0.4459, known");
  assert.equal(percent(0.955), "95.5 %");
  assert.deepEqual(
    [decimals({ kind: "linear", low: 20, high: 80 }), decimals({ kind: "linear", low: 0.2, high: 0.9 })],
    [1, 3],
  );
});

test("rows in sight, names that fit, and the row at a place", () => {
  const { bundle, scores } = study();
  const rows = ranked(bundle, scores, undefined, false);
  const scale = scaleOf(rows);
  assert.deepEqual(
    [between(0.2, 0.3, 10), between(-1, 2, 10)],
    [
      [2, 3],
      [0, 10],
    ],
  );
  assert.deepEqual([everyRow(22, 15), everyRow(4, 15)], [1, 4]);
  assert.equal(rowAt(rows, scale, 0, middle(1, 3), 0.01), 1);
  assert.equal(rowAt(rows, scale, 0, -0.2, 0.01), -1);
  assert.equal(rowAt(rows, scale, place(scale, rows[2].value), middle(1, 3), 0.9), 2);
});

test("forecasts are open dots on their interval, known scores filled ones; the key says both", () => {
  const { bundle, scores } = study();
  const rows = ranked(bundle, scores, undefined, false);
  const fills: string[] = [];
  const bars: number[][] = [];
  const texts: string[] = [];
  const theme = { ink: "ink", faint: "faint", line: "line", paper: "paper", mark: "mark" } satisfies Theme;
  const pen = {
    fillStyle: "",
    beginPath() {},
    moveTo() {},
    lineTo() {},
    stroke() {},
    arc() {},
    fill() {
      fills.push(this.fillStyle);
    },
    fillRect(...box: number[]) {
      if (this.fillStyle.startsWith("c")) bars.push(box);
    },
    fillText: (text: string) => texts.push(text),
    measureText: (text: string) => ({ width: 7 * text.length }),
  };
  const unit = (size: number) => ({ s: (v: number) => v * size, w: (v: number) => v / size });
  const [x, y] = [unit(1000), unit(300)];
  const at: RankWindow = {
    left: 0,
    top: 0,
    right: 1000,
    bottom: 300,
    width: 1200,
    height: 350,
    sx: x.s,
    sy: y.s,
    wx: x.w,
    wy: y.w,
  };
  paintRanking(
    pen as unknown as Pen,
    {
      rows,
      scale: scaleOf(rows),
      benchmark: "MMLU",
      level: 0.9,
      pointed: -1,
      name: (model) => bundle.name(model),
      colour: (model) => `c${model}`,
      selected: () => false,
    },
    at,
    theme,
  );
  assert.deepEqual(fills.slice(0, 3), ["paper", "paper", "c0"]);
  assert.equal(bars.length, 2);
  assert.ok(Math.abs(bars[0][2] / bars[1][2] - 20 / 11) < 1e-6);
  assert.ok(texts.includes("1 known") && texts.includes("2 forecast, with 90 % intervals"));
  assert.ok(texts.includes("60.0 to 80.0") && texts.includes("58.1") && texts.includes("MMLU"));
});
