// Axes: numbers to the unit interval, and the round numbers to write beside them.

export type ScaleKind = "linear" | "log1p";

export interface Scale {
  kind: ScaleKind;
  /** The least and most number, before any logarithm. */
  low: number;
  high: number;
}

const MARGIN = 0.03;

/** A scale for these numbers; log1p is only for those with none below 0. */
export function scaleFor(values: ArrayLike<number>, kind: ScaleKind): Scale {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  if (!(low <= high)) [low, high] = [0, 1];
  if (low === high) high = low + 1;
  return { kind: low < 0 ? "linear" : kind, low, high };
}

/** What is drawn evenly: the number, or the logarithm of one more. */
export function bent(kind: ScaleKind, value: number): number {
  return kind === "log1p" ? Math.log1p(value) : value;
}

/** A number's place, 0 to 1 with some room at both ends. */
export function place(scale: Scale, value: number): number {
  const [low, high] = [bent(scale.kind, scale.low), bent(scale.kind, scale.high)];
  return MARGIN + ((bent(scale.kind, value) - low) / (high - low)) * (1 - 2 * MARGIN);
}

/** Places of many numbers; `up` counts them from below. NaN stays. */
export function places(scale: Scale, values: ArrayLike<number>, up = false): Float32Array {
  const low = bent(scale.kind, scale.low);
  const unit = (1 - 2 * MARGIN) / (bent(scale.kind, scale.high) - low);
  const found = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const at = MARGIN + (bent(scale.kind, values[i]) - low) * unit;
    found[i] = up ? 1 - at : at;
  }
  return found;
}

/** The number at a place. */
export function valueAt(scale: Scale, at: number): number {
  const [low, high] = [bent(scale.kind, scale.low), bent(scale.kind, scale.high)];
  const value = low + ((at - MARGIN) / (1 - 2 * MARGIN)) * (high - low);
  return scale.kind === "log1p" ? Math.expm1(value) : value;
}

/** Round numbers between two places, at most about `most` of them and evenly apart as they are drawn. */
export function ticks(scale: Scale, from: number, to: number, most: number): number[] {
  const [low, high] = [valueAt(scale, from), valueAt(scale, to)];
  const found = scale.kind === "log1p" && high - low > 0.6 * (1 + low) ? decades(scale, from, to, most) : [];
  return found.length >= 2 ? found : round(low, high, most);
}

/** Multiples of 1, 2 or 5 times a power of ten from low to high. */
export function round(low: number, high: number, most: number): number[] {
  if (!(high > low) || !Number.isFinite(high - low)) return [];
  const least = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5, 10].find((times) => times * power >= least * 0.999) ?? 10);
  const found: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high && found.length < 1000; k++)
    found.push(Number((k * step).toPrecision(12)));
  return found;
}

/** 0 and powers of ten, or every second or third of them; with 2 and 5 times them where there is room. */
function decades(scale: Scale, from: number, to: number, most: number): number[] {
  const [low, high] = [valueAt(scale, from), valueAt(scale, to)];
  const span = Math.max(1, Math.log10((1 + high) / (1 + Math.max(0, low))));
  const times = span * 3 <= most ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(span / most));
  const found = low <= 0 && high >= 0 ? [0] : [];
  for (let power = 0; 10 ** power <= high; power += every) {
    for (const each of times)
      if (each * 10 ** power >= low && each * 10 ** power <= high) found.push(each * 10 ** power);
  }
  return found;
}
