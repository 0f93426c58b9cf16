import assert from "node:assert/strict";
import { test } from "node:test";
import { modelsOf } from "../src/notebook";
import { fromHash, looksElsewhere, packed, toHash, unpacked } from "../src/state";

test("the whole state goes through the address", () => {
  const state = {
    view: "tree",
    model: 7,
    selected: [1, 2, 3, 9, 40],
    query: "llama & co",
    colour: "family",
    filters: { family: "gpt2|it's", size: "1..7" },
    settings: { "tree.shape": "circular", "tree.camera": "2_2_0.5_0.5" },
  };
  assert.deepEqual(fromHash(`#${toHash(state)}`, 100), state);
  assert.deepEqual(fromHash("", 100), {
    view: "",
    model: -1,
    selected: [],
    query: "",
    colour: "",
    filters: {},
    settings: {},
  });
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

test("looking elsewhere is told from choosing something else", () => {
  const at = { ...fromHash("", 100), settings: { "tree.camera": "1" } };
  assert.equal(looksElsewhere(at, { ...at, settings: { "tree.camera": "2" } }), true);
  assert.equal(looksElsewhere(at, { ...at, settings: {} }), true);
  assert.equal(
    looksElsewhere(at, { ...at, settings: { "tree.camera": "1", "tree.shape": "circular" } }),
    false,
  );
  assert.equal(looksElsewhere(at, { ...at, model: 1 }), false);
});

test("messages that aren't ours, or name no models, are not heard", () => {
  assert.deepEqual(modelsOf({ phylolm: "selected", models: [0, 3] }, 4), [0, 3]);
  for (const bad of [
    undefined,
    null,
    1,
    "x",
    {},
    { phylolm: "selected" },
    { phylolm: "selected", models: [4] },
    { phylolm: "selected", models: ["0"] },
    { models: [1] },
  ]) {
    assert.equal(modelsOf(bad, 4), undefined);
  }
});
