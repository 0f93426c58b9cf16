import assert from "node:assert/strict";
import { test } from "node:test";
import { day, decode, short } from "../src/bundle";
import { compare, csv } from "../src/table";
import { manifest } from "./bundles";

test("CSV quotes what it must and holds no formula", () => {
  const cells = [
    ["plain", 1.5],
    ['say "hi", now', NaN],
    ["=HYPERLINK(1)", -2],
    ["two\nlines", 0],
  ];
  const table = {
    columns: [
      { label: "model", numeric: false },
      { label: "size", numeric: true },
    ],
    rows: cells.length,
    cell: (row: number, column: number) => cells[row][column],
    model: () => -1,
  };
  assert.equal(csv(table), 'model,size\nplain,1.5\n"say ""hi"", now",\n\'=HYPERLINK(1),-2\n"two\nlines",0\n');
});

test("numbers are short and days are dates", () => {
  assert.deepEqual([7_240_000_000, 1234, 0.012345, 15_821, 0].map(short), [
    "7.24B",
    "1,234",
    "0.0123",
    "15.8k",
    "0",
  ]);
  assert.equal(day(19_723), "2024-01-01");
});

test("bytes that are no bundle are refused in plain words", () => {
  assert.throws(() => decode(new ArrayBuffer(3)), /cut short/);
  const text = new TextEncoder().encode(JSON.stringify({ ...manifest(["a"]), version: 9 }));
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 8);
  assert.throws(() => decode(bytes.buffer), /another version/);
  new DataView(bytes.buffer).setUint32(0, 1e9, true);
  assert.throws(() => decode(bytes.buffer), /cut short/);
});

test("what is unknown comes last, whichever way a column is sorted", () => {
  const cells = [3, NaN, 10, 1];
  assert.deepEqual(
    [...cells].sort((a, b) => compare(a, b, 1)),
    [1, 3, 10, NaN],
  );
  assert.deepEqual(
    [...cells].sort((a, b) => compare(a, b, -1)),
    [10, 3, 1, NaN],
  );
  assert.deepEqual(
    ["b", "", "a10", "a9"].sort((a, b) => compare(a, b, -1)),
    ["b", "a10", "a9", ""],
  );
});
