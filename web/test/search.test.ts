import assert from "node:assert/strict";
import { test } from "node:test";
import { boundOf, passing, Search } from "../src/search";
import { joined, parted } from "../src/lists";
import { bundle } from "./bundles";

const NAMES = [
  "openai/gpt2",
  "distilgpt2",
  "EleutherAI/pythia-70m",
  "meta-llama/Llama-2-7b-hf",
  "huggyllama/llama-7b",
  "a\nb",
  "",
];

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
    {
      name: "family",
      label: "family",
      kind: "category",
      categories: ["x", "y"],
      values: packer.numbers([0, 1, -1, 0], "i32"),
    },
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

test("texts in one setting keep what separates them", () => {
  for (const texts of [["a|b", "a", "b"], ["\\", "|", "\\|"], ["plain"], []])
    assert.deepEqual(parted(joined(texts)), texts);
  const made = bundle(["m", "n", "o"], (packer) => [
    {
      name: "kind",
      label: "kind",
      kind: "category",
      categories: ["a|b", "a", "b"],
      values: packer.numbers([0, 1, 2], "i32"),
    },
  ]);
  assert.deepEqual([...passing(made, undefined, "", { kind: joined(["a|b"]) })!], [1, 0, 0]);
});

test("bounds have signs and exponents, and what is no number bounds nothing", () => {
  assert.deepEqual(
    ["-1", "1e1", "1,234.5", ".5", "+2k"].map((text) => boundOf(text, "number")),
    [-1, 10, 1234.5, 0.5, 2000],
  );
  for (const odd of ["0,5", "abc", "-", ".", "1 2"]) assert.ok(Number.isNaN(boundOf(odd, "number")), odd);
});
