// A benchmark's scores as rows, the highest first: known ones, and forecasts with their intervals.

import type { Bundle } from "../bundle";
import type { Forecast } from "../manifest";
import { place, type Scale, scaleFor } from "../points/scale";

export interface Row {
  model: number;
  value: number;
  low: number;
  high: number;
  forecast: boolean;
}

const DIGITS = 6;

/** Rows by value, the highest first; models that don't pass are left out, and so are scores that are no numbers. */
export function ranked(
  bundle: Bundle,
  scores: Forecast,
  passing: Uint8Array | undefined,
  onlyForecasts: boolean,
): Row[] {
  const [value, low, high] = [scores.value, scores.low, scores.high].map((each) => bundle.numbers(each));
  const rows: Row[] = [];
  bundle.numbers(scores.model).forEach((model, k) => {
    const forecast = low[k] !== high[k];
    if (!Number.isFinite(value[k]) || (passing && !passing[model]) || (onlyForecasts && !forecast)) return;
    rows.push({ model, value: tidy(value[k]), low: tidy(low[k]), high: tidy(high[k]), forecast });
  });
  return rows.sort((a, b) => b.value - a.value || a.model - b.model);
}

/** Scores come with seven digits or so: what is behind those is not told. */
function tidy(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

/** The scale of all that is drawn, ends of intervals too. */
export function scaleOf(rows: readonly Row[]): Scale {
  return scaleFor(rows.flatMap((row) => [row.value, row.low, row.high]).filter(Number.isFinite), "linear");
}

/** A row's middle in the unit interval. */
export function middle(row: number, rows: number): number {
  return (row + 0.5) / rows;
}

/** The rows between two heights of the unit interval, from the first to before the last. */
export function between(from: number, to: number, rows: number): [first: number, end: number] {
  return [Math.max(0, Math.floor(from * rows)), Math.min(rows, Math.ceil(to * rows))];
}

/** Every how many rows a name has room. */
export function everyRow(rowHeight: number, nameHeight: number): number {
  return Math.max(1, Math.ceil(nameHeight / rowHeight));
}

/** How many digits behind the point tell a thousandth of the scale, at most six. */
export function decimals({ low, high }: Scale): number {
  return Math.min(DIGITS, Math.max(0, 2 - Math.floor(Math.log10(high - low))));
}

/** The row at a place; where many are within reach, the one whose dot is nearest. reach: in the unit interval. */
export function rowAt(rows: readonly Row[], scale: Scale, x: number, y: number, reach: number): number {
  const own = Math.floor(y * rows.length);
  const inside = own >= 0 && own < rows.length;
  if (reach * rows.length <= 0.5) return inside ? own : -1;
  const [first, end] = between(y - reach, y + reach, rows.length);
  let best = inside ? own : -1;
  const apart = (row: number) => Math.abs(place(scale, rows[row].value) - x);
  for (let row = first; row < end; row++) if (best < 0 || apart(row) < apart(best)) best = row;
  return best;
}

/** "58.1, forecast, 90 % interval 50 to 66" or "58.1, known". Too few known scores give no interval. */
export function told(row: Row, level: number): string {
  const [value, low, high] = [row.value, row.low, row.high].map((each) => Number(each.toPrecision(4)));
  if (!row.forecast) return `${value}, known`;
  if (!(low <= high)) return `${value}, forecast, can't tell how surely`;
  return `${value}, forecast, ${percent(level)} interval ${low} to ${high}`;
}

export function percent(level: number): string {
  return `${Number((level * 100).toPrecision(3))} %`;
}
