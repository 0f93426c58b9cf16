// What the page shows, decoded: a manifest and typed arrays. The form is told by bundle.schema.json.

import type { Column as RawColumn, Manifest, Numbers } from "./manifest";

type Values = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float32Array;

const ARRAYS = {
  u8: Uint8Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
} as const;

/** What 32 bits hold of a number; more digits are noise. */
const DIGITS = 7;

export class Bundle {
  private readonly arrays = new Map<Numbers, Values>();
  private readonly learnt = new Map<number, string>();

  constructor(
    readonly manifest: Manifest,
    private readonly bytes: ArrayBuffer,
    private readonly start: number,
  ) {}

  /** The numbers a manifest points at. Throws a RangeError where the bytes end before them. */
  numbers(where: Numbers): Values {
    let found = this.arrays.get(where);
    if (!found) {
      found = new ARRAYS[where.type](this.bytes, this.start + where.at, where.length);
      this.arrays.set(where, found);
    }
    return found;
  }

  get count(): number {
    return this.manifest.models.count;
  }

  name(model: number): string {
    return this.manifest.models.names?.[model] ?? this.learnt.get(model) ?? `#${model}`;
  }

  knows(model: number): boolean {
    return this.manifest.models.names !== null || this.learnt.has(model);
  }

  /** Remember a name that the server told: with millions of models names come one by one. */
  learn(model: number, name: string): void {
    this.learnt.set(model, name);
  }

  column(name: string): RawColumn | undefined {
    return this.manifest.models.columns.find((column) => column.name === name);
  }

  /** What is known of a model in a column, as text; empty where nothing is. */
  text(column: RawColumn, model: number): string {
    if (column.kind === "text") return column.text?.[model] ?? "";
    const value = column.values ? this.numbers(column.values)[model] : NaN;
    if (column.kind === "category") return value < 0 ? "" : (column.categories?.[value] ?? "");
    if (Number.isNaN(value)) return "";
    return column.kind === "date" ? day(value) : short(value);
  }

  /** A column's number for a model; NaN where there is none. */
  number(column: RawColumn, model: number): number {
    if (column.kind === "text" || !column.values) return NaN;
    return Number(this.numbers(column.values)[model].toPrecision(DIGITS));
  }

  /** The model's place by name; -1 if there is none. */
  find(name: string): number {
    return this.manifest.models.names?.indexOf(name) ?? -1;
  }
}

/** Decode a bundle. Throws an Error in plain words where it isn't one. */
export function decode(bytes: ArrayBuffer): Bundle {
  if (bytes.byteLength < 8) throw new Error("the data of this page are cut short");
  const length = new DataView(bytes).getUint32(0, true);
  if (8 + length > bytes.byteLength) throw new Error("the data of this page are cut short");
  const manifest = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length))) as Manifest;
  if (manifest.format !== "phylolm-page" || manifest.version !== 1) {
    throw new Error("these data are of another version of phylolm; make them anew");
  }
  return new Bundle(manifest, bytes, Math.ceil((8 + length) / 8) * 8);
}

/** The bundle in this file, or the server's. */
export async function load(inline: Element | null): Promise<Bundle> {
  if (!inline) {
    const answer = await fetch("api/bundle");
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return decode(await answer.arrayBuffer());
  }
  const packed = Uint8Array.from(atob((inline.textContent ?? "").trim()), (c) => c.charCodeAt(0));
  return decode(await unzip(packed));
}

export async function unzip(packed: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

export function day(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** A number in few characters: 1,234 or 0.0123 or 7.2B. */
export function short(value: number): string {
  const size = Math.abs(value);
  for (const [unit, letter] of [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e4, "k"],
  ] as const) {
    if (size >= unit) return trimmed(value / (unit === 1e4 ? 1e3 : unit), 3) + letter;
  }
  return Number.isInteger(value) ? value.toLocaleString("en") : trimmed(value, 3);
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}
