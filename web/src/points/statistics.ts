// How two numbers of models go together.

export interface Fit {
  /** Pairs that are known on both sides. */
  n: number;
  /** Of the line y = slope * x + intercept with the least squares. NaN where there is none. */
  slope: number;
  intercept: number;
  pearson: number;
  /** Ties get their mean rank. */
  spearman: number;
}

/** Line and correlations of the pairs where both are numbers. */
export function fit(x: ArrayLike<number>, y: ArrayLike<number>): Fit {
  const known: number[] = [];
  for (let i = 0; i < x.length; i++) if (Number.isFinite(x[i]) && Number.isFinite(y[i])) known.push(i);
  const [xs, ys] = [x, y].map((values) => Float64Array.from(known, (i) => values[i]));
  const sums = moments(xs, ys);
  const slope = sums.xx > 0 ? sums.xy / sums.xx : NaN;
  return {
    n: known.length,
    slope,
    intercept: sums.meanY - slope * sums.meanX,
    pearson: correlation(sums),
    spearman: correlation(moments(ranks(xs), ranks(ys))),
  };
}

/** Ranks from 1, ties at their mean. */
export function ranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const found = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let k = from; k < to; k++) found[order[k]] = (from + to + 1) / 2;
    from = to;
  }
  return found;
}

interface Moments {
  meanX: number;
  meanY: number;
  xx: number;
  yy: number;
  xy: number;
}

function moments(x: Float64Array, y: Float64Array): Moments {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i] - meanX, y[i] - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return { meanX, meanY, xx, yy, xy };
}

function correlation({ xx, yy, xy }: Moments): number {
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : NaN;
}
