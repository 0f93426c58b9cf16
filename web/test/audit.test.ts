import assert from "node:assert/strict";
import { test } from "node:test";
import { about, byKind, kindsOf, read, written } from "../src/charts/audit";
import type { Finding } from "../src/manifest";

const of = (kind: string, model: number, other = -1): Finding => ({
  kind,
  model,
  other,
  text: "",
  probability: null,
});
const ALL = [of("licence", 0, 1), of("missing parent", 1), of("missing parent", 2, 0), of("a|b", 2)];

test("a finding is kept where its model or the other one passes, and is of the selection", () => {
  assert.equal(about(ALL, undefined).length, 4);
  assert.deepEqual(about(ALL, Uint8Array.of(1, 0, 0)), [ALL[0], ALL[2]]);
  assert.deepEqual(about(ALL, Uint8Array.of(1, 0, 0), Uint8Array.of(0, 1, 0)), [ALL[0]]);
  assert.deepEqual(about([of("licence", -1, -1)], Uint8Array.of(1)), []);
});

test("kinds are counted, the commonest first, those with none too", () => {
  const kinds = kindsOf(ALL);
  assert.deepEqual(kinds, ["missing parent", "a|b", "licence"]);
  assert.deepEqual(byKind(ALL, kinds), [2, 1, 1]);
  assert.deepEqual(byKind([ALL[0]], kinds), [0, 0, 1]);
});

test("kinds go through the address whatever they are called; unknown ones are dropped", () => {
  const kinds = kindsOf(ALL);
  assert.deepEqual(read(written(["a|b", "licence"]), kinds), ["a|b", "licence"]);
  assert.deepEqual(read("nothing|licence", kinds), ["licence"]);
  assert.deepEqual(read("", kinds), []);
});
