import assert from "node:assert/strict";
import { test } from "node:test";
import { fitCaption, measured, together, usual } from "../src/points/pairs";
import { place, places, round, scaleFor, ticks, valueAt } from "../src/points/scale";
import { fit, ranks } from "../src/points/statistics";
import { bundle } from "./bundles";

const near = (found: number, wanted: number) =>
  assert.ok(Math.abs(found - wanted) < 1e-6, `${found} is not ${wanted}`);

test("ranks start at 1, ties get their mean", () => {
  assert.deepEqual([...ranks(Float64Array.of(30, 10, 20, 20, -5))], [5, 2, 3.5, 3.5, 1]);
  assert.deepEqual([...ranks(new Float64Array(0))], []);
});

// Of the anscombe set I, and of ties, by scipy.stats: linregress, pearsonr, spearmanr.
test("line and correlations are scipy's", () => {
  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
  const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
  const found = fit(x, y);
  assert.equal(found.n, 11);
  near(found.slope, 0.5000909090909091);
  near(found.intercept, 3.0000909090909094);
  near(found.pearson, 0.8164205163448399);
  near(found.spearman, 0.8181818181818181);
  near(fit([0, 0, 1, 1, 2, 5], [1, 3, 3, 2, 2, 9]).spearman, 0.4696969696969696);
});

test("pairs with an unknown side don't count, and a constant has no correlation", () => {
  assert.deepEqual(fit([1, NaN, 2, 3], [2, 5, 4, NaN]).n, 2);
  const flat = fit([1, 1, 1], [1, 2, 3]);
  assert.ok(Number.isNaN(flat.slope) && Number.isNaN(flat.pearson) && Number.isNaN(flat.spearman));
  assert.match(fitCaption(flat, ["linear", "linear"]), /^n = 3 · Pearson r none · Spearman ρ none$/);
  assert.equal(fit([], []).n, 0);
});

test("correlations are of the scales shown, and of the models that pass", () => {
  const [x, y] = [[0, 9, 99, 5], [0, 1, 2, 1000].map((k) => 10 ** Math.min(k, 2) - 1)];
  near(together(x, y, ["log1p", "log1p"], Uint8Array.of(1, 1, 1, 0)).pearson, 1);
  assert.ok(together(x, y, ["log1p", "log1p"]).pearson < 0.9);
  assert.equal(together(x, y, ["linear", "linear"], new Uint8Array(4)).n, 0);
  assert.match(fitCaption(together(x, y, ["log1p", "linear"]), ["log1p", "linear"]), /one log1p/);
});

test("a place leads back to its number, on both scales", () => {
  for (const kind of ["linear", "log1p"] as const) {
    const scale = scaleFor([3, NaN, 70_000], kind);
    for (const value of [3, 50, 70_000])
      assert.ok(Math.abs(valueAt(scale, place(scale, value)) / value - 1) < 1e-9);
    assert.ok(place(scale, 3) > 0 && place(scale, 70_000) < 1);
    const up = places(scale, [3, NaN], true);
    near(Math.fround(1 - place(scale, 3)), up[0]);
    assert.ok(Number.isNaN(up[1]));
  }
});

test("numbers below 0 have no logarithm, and equal ones still a scale", () => {
  assert.equal(scaleFor([-1, 5], "log1p").kind, "linear");
  const one = scaleFor([4, 4], "linear");
  assert.ok(place(one, 4) >= 0 && place(one, 4) <= 1);
  assert.ok(Number.isFinite(place(scaleFor([NaN], "linear"), 0)));
});

test("ticks are round, in the window and not too many", () => {
  assert.deepEqual(round(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(round(-3, 7, 5), [-2, 0, 2, 4, 6]);
  assert.deepEqual(round(5, 5, 5), []);
  const scale = scaleFor([0, 14_000_000], "log1p");
  assert.deepEqual(ticks(scale, 0, 1, 9), [0, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]);
  assert.deepEqual(ticks(scaleFor([0, 700], "log1p"), 0, 1, 12), [0, 1, 2, 5, 10, 20, 50, 100, 200, 500]);
  for (const most of [3, 6, 20]) assert.ok(ticks(scale, 0.2, 0.7, most).length <= 3 * most);
  const close = ticks(scale, place(scale, 1000), place(scale, 1100), 5);
  assert.ok(close.length >= 3 && close.every((value) => value >= 999.9 && value <= 1100.1));
});

test("likes against downloads where they are known, else the first two numbers", () => {
  const named = (...names: string[]) =>
    bundle(["a"], (packer) =>
      names.map((name) => ({
        name,
        label: name,
        kind:
          name === "day" ? ("date" as const) : name === "kind" ? ("category" as const) : ("number" as const),
        values: packer.numbers([1], name === "kind" ? "i32" : "f32"),
        categories: ["x", "y"],
      })),
    );
  const axes = (...names: string[]) => usual(measured(named(...names))).map((column) => column.name);
  assert.deepEqual(axes("kind", "size", "likes", "downloads"), ["downloads", "likes"]);
  assert.deepEqual(axes("kind", "day", "size", "likes"), ["day", "size"]);
});
