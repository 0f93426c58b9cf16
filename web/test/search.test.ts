import assert from "node:assert/strict";
import { test } from "node:test";
import { boundOf, passing, Search } from "../src/search";
import { bundle } from "./bundles";

const NAMES = ["openai/gpt2", "distilgpt2", "EleutherAI/pythia-70m", "meta-llama/Llama-2-7b-hf", "huggyllama/llama-7b", "a\nb", ""];

test("words are found in any case, all of them, and a typo is forgiven", () => {
  const search = new Search(NAMES);
  assert.deepEqual(search.find("GPT2").sort(), [0, 1]);
  assert.deepEqual(search.find("llama 7b").sort(), [3, 4]);
  assert.deepEqual(search.find("pythai-70m")[0], 2);
  assert.deepEqual(search.find("   "), []);
  assert.deepEqual(search.find("qqqqqq"), []);
  assert.deepEqual(search.best("gpt2")[0], 0, "a short name that is the query comes first");
  assert.deepEqual(search.find("b").includes(5), true, "a line break in a name doesn't shift the others");
});

test("every name finds itself among 20,000", () => {
  const names = Array.from({ length: 20_000 }, (_, k) => `owner${k % 97}/model-${k}`);
  const search = new Search(names);
  for (const k of [0, 1, 9999, 19_999]) assert.ok(search.find(names[k]).includes(k));
  assert.equal(search.find("model-").length, 20_000);
});

test("filters: categories, ranges, unknown values never pass", () => {
  const made = bundle(["a", "b", "c", "d"], (packer) => [
    { name: "family", label: "family", kind: "category", categories: ["x", "y"], values: packer.numbers([0, 1, -1, 0], "i32") },
    { name: "size", label: "size", kind: "number", values: packer.numbers([1, 5, 9, NaN], "f32") },
  ]);
  const pass = (filters: Record<string, string>) => passing(made, undefined, "", filters);
  assert.equal(pass({}), undefined);
  assert.deepEqual([...pass({ family: "x" })!], [1, 0, 0, 1]);
  assert.deepEqual([...pass({ family: "x|y", size: "2.." })!], [0, 1, 0, 0]);
  assert.deepEqual([...pass({ size: "..5" })!], [1, 1, 0, 0]);
  assert.equal(pass({ nonsense: "1" }), undefined);
});

test("bounds are read with their units", () => {
  assert.equal(boundOf("7B", "number"), 7e9);
  assert.equal(boundOf("1,500", "number"), 1500);
  assert.equal(boundOf("1970-01-03", "date"), 2);
  assert.ok(Number.isNaN(boundOf("", "number")) && Number.isNaN(boundOf("huge", "number")));
});
