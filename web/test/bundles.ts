// Small bundles and trees for tests.

import { Bundle } from "../src/bundle";
import type { Column, Manifest, Numbers } from "../src/manifest";
import type { Topology } from "../src/tree/topology";

const ARRAYS = { u8: Uint8Array, u16: Uint16Array, i32: Int32Array, u32: Uint32Array, f32: Float32Array };

export class Packer {
  private parts: Uint8Array[] = [];
  private at = 0;

  numbers(values: readonly number[], type: Numbers["type"]): Numbers {
    const bytes = new Uint8Array(ARRAYS[type].from(values).buffer);
    const found = { at: this.at, length: values.length, type };
    const room = Math.ceil(bytes.length / 8) * 8;
    const padded = new Uint8Array(room);
    padded.set(bytes);
    this.parts.push(padded);
    this.at += room;
    return found;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.at);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

export function manifest(names: string[], columns: Column[] = []): Manifest {
  return {
    format: "phylolm-page",
    version: 1,
    title: "a test",
    kind: "study",
    made: {},
    notes: [],
    models: { count: names.length, names, link: null, columns },
    trees: [],
    maps: [],
    matrices: [],
    graphs: [],
    clusters: [],
    forecasts: [],
    findings: [],
    statistics: [],
  };
}

export function bundle(names: string[], columns: (packer: Packer) => Column[] = () => []): Bundle {
  const packer = new Packer();
  const content = manifest(names, columns(packer));
  return new Bundle(content, packer.bytes().buffer as ArrayBuffer, 0);
}

/** A tree from Newick with single letters as leaves: "a" is model 0. Lengths 1, supports none. */
export function grown(newick: string): Topology {
  const parent: number[] = [];
  const model: number[] = [];
  const open: number[] = [];
  const add = (leaf: number) => {
    parent.push(open.at(-1) ?? -1);
    model.push(leaf);
  };
  for (const letter of newick) {
    if (letter === "(") {
      add(-1);
      open.push(parent.length - 1);
    } else if (letter === ")") open.pop();
    else if (/[a-z]/.test(letter)) add(letter.charCodeAt(0) - 97);
  }
  const n = parent.length;
  const end = Int32Array.from(parent, (_, k) => k + 1);
  const leaves = Int32Array.from(model, (m) => (m >= 0 ? 1 : 0));
  for (let k = n - 1; k > 0; k--) {
    end[parent[k]] = Math.max(end[parent[k]], end[k]);
    leaves[parent[k]] += leaves[k];
  }
  return {
    parent: Int32Array.from(parent),
    length: Float32Array.from(parent, (p) => (p < 0 ? 0 : 1)),
    support: new Float32Array(n).fill(NaN),
    model: Int32Array.from(model),
    end,
    leaves,
    origin: Int32Array.from(parent, (_, k) => k),
  };
}

/** The topology alone, as `grown` reads it. */
export function written(tree: Topology): string {
  const of = (node: number): string => {
    if (tree.model[node] >= 0) return String.fromCharCode(97 + tree.model[node]);
    const parts: string[] = [];
    for (let k = node + 1; k < tree.end[node]; k = tree.end[k]) parts.push(of(k));
    return `(${parts.join(",")})`;
  };
  return of(0);
}
