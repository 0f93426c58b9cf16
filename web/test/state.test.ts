import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHash, packed, START, toHash, unpacked } from "../src/state";

test("the whole state goes through the address", () => {
  const state = {
    view: "tree", model: 7, selected: [1, 2, 3, 9, 40], query: "llama & co", colour: "family",
    filters: { family: "gpt2|it's", size: "1..7" }, settings: { "tree.shape": "circular", "tree.camera": "2_2_0.5_0.5" },
  };
  assert.deepEqual(fromHash(`#${toHash(state)}`, 100), state);
  assert.deepEqual(fromHash("", 100), START);
});

test("selections are short, and nonsense selects nothing", () => {
  const many = Array.from({ length: 5000 }, (_, k) => k + 100);
  assert.ok(packed(many).length < 10);
  assert.deepEqual(unpacked(packed(many), 6000), many);
  const odd = Array.from({ length: 300 }, (_, k) => k * k);
  assert.deepEqual(unpacked(packed(odd), 90_000), odd);
  for (const bad of ["zz", "1-zzzzz", "-1", "a.b.c-", "x y"]) assert.deepEqual(unpacked(bad, 10), []);
  assert.equal(fromHash("#model=999", 10).model, -1);
  assert.equal(fromHash("#model=-5", 10).model, -1);
});
