// Cards of numbers: what the bundle says of the whole, and counts of the models that pass the filters.

import type { Bundle } from "../bundle";
import type { Column } from "../manifest";

export interface Card {
  title: string;
  labels: readonly string[];
  values: readonly number[];
  sentences: readonly string[];
}

const MOST_BARS = 15;

/** How often the commonest values of a column occur among the models that pass. */
export function countsOf(
  bundle: Bundle,
  column: Column,
  passing: Uint8Array | undefined,
  most = MOST_BARS,
): Card {
  const names = column.categories ?? [];
  const counts = new Uint32Array(names.length);
  let unknown = 0;
  bundle.numbers(column.values!).forEach((value, model) => {
    if (passing && !passing[model]) return;
    if (value < 0) unknown++;
    else counts[value]++;
  });
  const common = [...counts.keys()]
    .filter((k) => counts[k] > 0)
    .sort((a, b) => counts[b] - counts[a] || a - b);
  const rest = common.slice(most);
  return {
    title: column.label,
    labels: common.slice(0, most).map((k) => names[k]),
    values: common.slice(0, most).map((k) => counts[k]),
    sentences: left(
      rest.length,
      rest.reduce((sum, k) => sum + counts[k], 0),
      unknown,
    ),
  };
}

function left(others: number, models: number, unknown: number): string[] {
  const said: string[] = [];
  const many = (count: number) => `${count.toLocaleString("en")} ${count === 1 ? "model" : "models"}`;
  if (others) said.push(`${others.toLocaleString("en")} more, with ${many(models)}.`);
  if (unknown) said.push(`Unknown for ${many(unknown)}.`);
  return said;
}

/** Upper left corners of cards in columns, each put where there is most room left, and the height of all. */
export function flow(
  heights: readonly number[],
  columns: number,
  gap: number,
): { places: { column: number; y: number }[]; height: number } {
  const ends = new Array<number>(columns).fill(0);
  const places = heights.map((height) => {
    const column = ends.indexOf(Math.min(...ends));
    const y = ends[column];
    ends[column] += height + gap;
    return { column, y };
  });
  return { places, height: Math.max(0, ...ends) };
}
