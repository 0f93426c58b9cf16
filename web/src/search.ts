// Finding models by name, typos forgiven, and by what is known of them.

import { parted } from "./lists";
import type { Bundle } from "./bundle";
import type { Column } from "./manifest";

const MOST = 200;
/** Sorting more takes longer than a person waits between two letters. */
const MOST_RANKED = 2000;
const LEAST_SHARE = 0.3;

/** An index over names: made once, and its grams only when a typo is met. */
export class Search {
  private readonly names: string[];
  private readonly text: string;
  private readonly starts: Uint32Array;
  private grams: Map<string, number[]> | undefined;

  constructor(names: readonly string[]) {
    this.names = names.map((name) => name.toLowerCase().replaceAll("\n", " "));
    this.text = this.names.join("\n");
    this.starts = new Uint32Array(names.length);
    let at = 0;
    this.names.forEach((name, k) => {
      this.starts[k] = at;
      at += name.length + 1;
    });
  }

  /** All models whose name holds every word of the query, or, when none does, those most alike. */
  find(query: string): number[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const longest = words.reduce((a, b) => (b.length > a.length ? b : a));
    const held = this.holding(longest).filter((k) => words.every((word) => this.names[k].includes(word)));
    return held.length ? held : this.alike(words.join(" "));
  }

  /** The best few, best first: names that are or begin with the query, then shorter ones. */
  best(query: string, most = 12): number[] {
    const found = this.find(query);
    const wanted = query.toLowerCase().trim();
    const rank = (k: number) => {
      const name = this.names[k];
      const short = name.slice(name.lastIndexOf("/") + 1);
      if (name === wanted || short === wanted) return 0;
      return short.startsWith(wanted) || name.startsWith(wanted) ? 1 : 2;
    };
    if (!found.length || !this.names[found[0]].includes(wanted.split(/\s+/)[0])) return found.slice(0, most);
    const few = found.length > MOST_RANKED ? found.filter((k, i) => i < MOST_RANKED || rank(k) < 2) : found;
    return few
      .sort((a, b) => rank(a) - rank(b) || this.names[a].length - this.names[b].length)
      .slice(0, most);
  }

  private holding(word: string): number[] {
    const found: number[] = [];
    for (let at = this.text.indexOf(word); at >= 0; at = this.text.indexOf(word, at)) {
      const k = this.place(at);
      found.push(k);
      if (k + 1 >= this.starts.length) break;
      at = this.starts[k + 1];
    }
    return found;
  }

  /** The name that holds this place of the text. */
  private place(at: number): number {
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Make the index of parts of names, which typos are met by; it takes a second at 200,000. */
  prepare(): void {
    this.grams ??= gramsOf(this.names);
  }

  private alike(query: string): number[] {
    this.prepare();
    const wanted = trigrams(query);
    const shared = new Map<number, number>();
    for (const gram of wanted) {
      for (const k of this.grams!.get(gram) ?? []) shared.set(k, (shared.get(k) ?? 0) + 1);
    }
    const score = (k: number) => shared.get(k)! / Math.sqrt(wanted.size * Math.max(1, this.names[k].length));
    return [...shared.keys()]
      .filter((k) => shared.get(k)! >= LEAST_SHARE * wanted.size)
      .sort((a, b) => score(b) - score(a) || a - b)
      .slice(0, MOST);
  }
}

function trigrams(text: string): Set<string> {
  const found = new Set<string>();
  for (let i = 0; i + 3 <= text.length; i++) found.add(text.slice(i, i + 3));
  return found;
}

function gramsOf(names: readonly string[]): Map<string, number[]> {
  const grams = new Map<string, number[]>();
  names.forEach((name, k) => {
    for (const gram of trigrams(name.slice(0, 200))) {
      const holders = grams.get(gram);
      if (holders) holders.push(k);
      else grams.set(gram, [k]);
    }
  });
  return grams;
}

/** Which models pass search and filters: 1 or 0 each; undefined where all do. */
export function passing(
  bundle: Bundle,
  search: Search | undefined,
  query: string,
  filters: Readonly<Record<string, string>>,
): Uint8Array | undefined {
  const found = query.trim() && search ? search.find(query) : undefined;
  const held = Object.entries(filters).flatMap(([name, wanted]) => {
    const column = bundle.column(name);
    return column ? [test(bundle, column, wanted)] : [];
  });
  if (!found && !held.length) return undefined;
  const passes = new Uint8Array(bundle.count);
  if (found) for (const model of found) passes[model] = 1;
  else passes.fill(1);
  for (const holds of held) {
    for (let model = 0; model < passes.length; model++) if (passes[model] && !holds(model)) passes[model] = 0;
  }
  return passes;
}

function test(bundle: Bundle, column: Column, wanted: string): (model: number) => boolean {
  if (column.kind === "text") {
    return (model) => bundle.text(column, model).toLowerCase().includes(wanted.toLowerCase());
  }
  if (!column.values) return () => false;
  const values = bundle.numbers(column.values);
  if (column.kind === "category") {
    const names = new Set(parted(wanted));
    const kept = (column.categories ?? []).map((name) => names.has(name));
    return (model) => values[model] >= 0 && kept[values[model]];
  }
  const [low, high] = wanted.split("..").map((part) => boundOf(part, column.kind));
  return (model) => !(values[model] < low) && !(values[model] > high) && !Number.isNaN(values[model]);
}

/** A bound as a number; NaN bounds nothing. */
export function boundOf(text: string | undefined, kind: Column["kind"]): number {
  if (!text?.trim()) return NaN;
  if (kind === "date") return Date.parse(text) / 86_400_000;
  const found = /^\s*([-+]?(?:\d{1,3}(?:,\d{3})+|\d*)(?:\.\d*)?(?:e[-+]?\d+)?)\s*([kmbt]?)\s*$/i.exec(text);
  if (!found || !/\d/.test(found[1])) return NaN;
  const unit = { k: 1e3, m: 1e6, b: 1e9, t: 1e12 }[found[2].toLowerCase()] ?? 1;
  return Number(found[1].replaceAll(",", "")) * unit;
}
