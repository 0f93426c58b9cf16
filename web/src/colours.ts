// The colour of each model: by category or by number, apart for colour-blind readers too.

import type { Bundle } from "./bundle";
import { day, short } from "./bundle";
import type { Column } from "./manifest";

/** Okabe and Ito's, less black and less yellow which is lost on white; then lighter and darker ones. */
const CATEGORIES = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#7a5195",
  "#8c6d1f",
  "#b33a5b",
  "#4d9a2f",
  "#2f5d8c",
  "#a0a0d0",
] as const;
/** Viridis (van der Walt and Smith), cut at its brightest end, which is lost on white. */
const STEPS = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30"];
const OTHER = "#8a9099";
const MOST_SHADES = 64;

export interface LegendRow {
  colour: string;
  label: string;
  count: number;
  /** The category's place, -1 for "other" and for numbers. */
  category: number;
}

/** Colours by one column. `shade[model]` is a place in `palette`. */
export class Colours {
  readonly palette: string[];
  readonly shade: Uint8Array;
  readonly legend: LegendRow[];

  constructor(
    readonly column: Column | undefined,
    bundle: Bundle,
  ) {
    this.shade = new Uint8Array(bundle.count);
    const made =
      column?.kind === "category" ? this.byCategory(column, bundle) : this.byNumber(column, bundle);
    this.palette = made.palette;
    this.legend = made.legend;
  }

  of(model: number): string {
    return this.palette[this.shade[model]];
  }

  private byCategory(column: Column, bundle: Bundle): { palette: string[]; legend: LegendRow[] } {
    const values = bundle.numbers(column.values!);
    const names = column.categories ?? [];
    const counts = new Uint32Array(names.length);
    for (const value of values) if (value >= 0) counts[value]++;
    const common = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
    const most = column.colours ? MOST_SHADES : CATEGORIES.length;
    const first = common.slice(0, most);
    const palette = [OTHER, ...first.map((k, i) => column.colours?.[k] ?? CATEGORIES[i])];
    const shadeOf = new Uint8Array(names.length);
    first.forEach((k, i) => (shadeOf[k] = i + 1));
    values.forEach((value, model) => (this.shade[model] = value < 0 ? 0 : shadeOf[value]));
    const legend = first.map((k, i) => ({
      colour: palette[i + 1],
      label: names[k],
      count: counts[k],
      category: k,
    }));
    const left = bundle.count - legend.reduce((sum, row) => sum + row.count, 0);
    if (left) legend.push({ colour: OTHER, label: "other or unknown", count: left, category: -1 });
    return { palette, legend };
  }

  private byNumber(column: Column | undefined, bundle: Bundle): { palette: string[]; legend: LegendRow[] } {
    if (!column?.values) return { palette: ["#0072b2"], legend: [] };
    const values = bundle.numbers(column.values);
    const scale = column.log ? (v: number) => Math.log1p(Math.max(0, v)) : (v: number) => v;
    const known = Array.from(values)
      .filter((v) => !Number.isNaN(v))
      .sort((a, b) => a - b);
    if (!known.length) return { palette: [OTHER], legend: [] };
    const [low, high] = [scale(known[0]), scale(known[known.length - 1])];
    const steps = STEPS.length;
    const counts = new Uint32Array(steps + 1);
    values.forEach((value, model) => {
      const part = high > low ? (scale(value) - low) / (high - low) : 0;
      this.shade[model] = Number.isNaN(value) ? 0 : 1 + Math.min(steps - 1, Math.floor(part * steps));
      counts[this.shade[model]]++;
    });
    if (low === high) return one(column, known[0], counts, bundle.count);
    const back = column.log ? Math.expm1 : (v: number) => v;
    const told = column.kind === "date" ? day : short;
    const at = (k: number) => told(back(low + ((high - low) * k) / steps));
    const legend = STEPS.map((colour, k) => ({
      colour,
      label: `${at(k)} to ${at(k + 1)}`,
      count: counts[k + 1],
      category: -1,
    }));
    if (counts[0]) legend.push({ colour: OTHER, label: "unknown", count: counts[0], category: -1 });
    return { palette: [OTHER, ...STEPS], legend };
  }
}

/** The legend where all known values are one. */
function one(column: Column, value: number, counts: Uint32Array, all: number) {
  const label = column.kind === "date" ? day(value) : short(value);
  const legend = [{ colour: STEPS[0], label, count: all - counts[0], category: -1 }];
  if (counts[0]) legend.push({ colour: OTHER, label: "unknown", count: counts[0], category: -1 });
  return { palette: [OTHER, ...STEPS], legend };
}

/** A colour, `#rrggbb` or `#rgb` (as builds shorten it), as red, green, blue. */
export function rgb(colour: string): [number, number, number] {
  const digits = colour.length === 4 ? colour.slice(1).replace(/./g, "$&$&") : colour.slice(1);
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export interface Theme {
  ink: string;
  faint: string;
  line: string;
  paper: string;
  mark: string;
}

/** The colours of the style sheet's theme, for canvases. */
export function theme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: of("--ink"),
    faint: of("--faint"),
    line: of("--line"),
    paper: of("--paper"),
    mark: of("--mark"),
  };
}
