// Two columns of models against each other: which, on what scales, and how they go together.

import type { Bundle } from "../bundle";
import type { Column } from "../manifest";
import { type ScaleKind, bent } from "./scale";
import { type Fit, fit } from "./statistics";

/** Columns that can be an axis. */
export function measured(bundle: Bundle): Column[] {
  return bundle.manifest.models.columns.filter(
    (column) => column.kind === "number" || column.kind === "date",
  );
}

/** Likes against downloads where they are known, else the first two. x first. */
export function usual(columns: readonly Column[]): [Column, Column] {
  const named = (name: string) => columns.find((column) => column.name === name);
  const [downloads, likes] = [named("downloads"), named("likes")];
  return downloads && likes ? [downloads, likes] : [columns[0], columns[1]];
}

/** Line and correlations on the scales shown, of these models or of all. */
export function together(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  kinds: readonly [ScaleKind, ScaleKind],
  passing?: Uint8Array,
): Fit {
  const of = (values: ArrayLike<number>, kind: ScaleKind) => {
    const found = new Float64Array(values.length).fill(NaN);
    for (let model = 0; model < found.length; model++) {
      if (!passing || passing[model]) found[model] = bent(kind, values[model]);
    }
    return found;
  };
  return fit(of(xs, kinds[0]), of(ys, kinds[1]));
}

export function fitCaption({ n, pearson, spearman }: Fit, kinds: readonly [ScaleKind, ScaleKind]): string {
  const told = (value: number) => (Number.isNaN(value) ? "none" : value.toFixed(3).replace("-", "−"));
  const logs = kinds.filter((kind) => kind === "log1p").length;
  const of = ["", " (one log1p)", " (log1p)"][logs];
  return `n = ${n.toLocaleString("en")} · Pearson r${of} ${told(pearson)} · Spearman ρ ${told(spearman)}`;
}
