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
  const [xs, ys] = known(x, y);
  const sums = moments(xs, ys);
  const slope = sums.xx > 0 ? sums.xy / sums.xx : NaN;
  return {
    n: xs.length,
    slope,
    intercept: sums.meanY - slope * sums.meanX,
    pearson: correlation(sums),
    spearman: correlation(moments(ranks(xs), ranks(ys))),
  };
}

function known(x: ArrayLike<number>, y: ArrayLike<number>): [Float64Array, Float64Array] {
  const [xs, ys] = [new Float64Array(x.length), new Float64Array(x.length)];
  let n = 0;
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
    xs[n] = x[i];
    ys[n++] = y[i];
  }
  return [xs.subarray(0, n), ys.subarray(0, n)];
}

/** Ranks from 1, ties at their mean. Sorting numbers and looking ranks up beats sorting places. */
export function ranks(values: Float64Array): Float64Array {
  const sorted = values.slice().sort();
  const distinct = new Float64Array(values.length);
  const rank = new Float64Array(values.length);
  let many = 0;
  for (let from = 0; from < sorted.length; many++) {
    let to = from + 1;
    while (to < sorted.length && sorted[to] === sorted[from]) to++;
    distinct[many] = sorted[from];
    rank[many] = (from + to + 1) / 2;
    from = to;
  }
  return values.map((value) => rank[place(distinct, many, value)]);
}

function place(sorted: Float64Array, many: number, value: number): number {
  let [low, high] = [0, many - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
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
