// A matrix of pairs in the order shown, smaller copies of it for when it is far, and its nearest pairs.

/** What stands for unknown; known values are 0 to 254. */
export const UNKNOWN = 255;

/** All pairs, both ways: the cell of row i and column j is `cells[i * side + j]`. */
export interface Square {
  side: number;
  cells: Uint8Array;
}

/**
 * The matrix with its rows and columns in another order.
 *
 * triangle: lower, with the diagonal, row by row. order: places of rows in the triangle.
 */
export function arranged(triangle: ArrayLike<number>, order: ArrayLike<number>): Square {
  const side = order.length;
  const cells = new Uint8Array(side * side);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j <= i; j++) {
      const [low, high] = order[i] < order[j] ? [order[i], order[j]] : [order[j], order[i]];
      cells[i * side + j] = cells[j * side + i] = triangle[(high * (high + 1)) / 2 + low];
    }
  }
  return { side, cells };
}

/** Half as many rows and columns: the mean of the known ones of each four cells. */
export function halved({ side, cells }: Square): Square {
  const half = Math.ceil(side / 2);
  const found = new Uint8Array(half * half);
  for (let i = 0; i < half; i++) {
    for (let j = 0; j < half; j++) {
      let [sum, known] = [0, 0];
      for (let row = 2 * i; row < Math.min(side, 2 * i + 2); row++) {
        for (let column = 2 * j; column < Math.min(side, 2 * j + 2); column++) {
          const value = cells[row * side + column];
          if (value === UNKNOWN) continue;
          sum += value;
          known++;
        }
      }
      found[i * half + j] = known ? Math.round(sum / known) : UNKNOWN;
    }
  }
  return { side: half, cells: found };
}

/** Whether high values are near (similarities): so they are where a model is with itself. */
export function highIsNear({ side, cells }: Square): boolean {
  let [sum, known, own, ownKnown] = [0, 0, 0, 0];
  for (let at = 0; at < cells.length; at++) {
    if (cells[at] === UNKNOWN) continue;
    sum += cells[at];
    known++;
    if (at % (side + 1) !== 0) continue;
    own += cells[at];
    ownKnown++;
  }
  return ownKnown > 0 && own / ownKnown >= sum / known;
}

export interface Part {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export interface Pairs {
  /** Of each pair, nearest first. */
  row: Uint32Array;
  column: Uint32Array;
  /** How many there are in all. */
  all: number;
}

/**
 * The nearest known pairs in a part [top, bottom) x [left, right), each once, at most `most`.
 *
 * allowed: whether each row is to be counted; all when undefined.
 */
export function nearestPairs(
  square: Square,
  part: Part,
  most: number,
  highFirst: boolean,
  allowed?: Uint8Array,
): Pairs {
  const counts = new Uint32Array(UNKNOWN);
  const rank = (value: number) => (highFirst ? UNKNOWN - 1 - value : value);
  eachPair(square, part, allowed, (_row, _column, value) => counts[rank(value)]++);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const size = Math.min(most, all);
  const next = new Uint32Array(UNKNOWN);
  for (let k = 1; k < UNKNOWN; k++) next[k] = next[k - 1] + counts[k - 1];
  const [row, column] = [new Uint32Array(size), new Uint32Array(size)];
  eachPair(square, part, allowed, (i, j, value) => {
    const at = next[rank(value)]++;
    if (at >= size) return;
    row[at] = i;
    column[at] = j;
  });
  return { row, column, all };
}

function eachPair(
  { side, cells }: Square,
  part: Part,
  allowed: Uint8Array | undefined,
  act: (row: number, column: number, value: number) => void,
): void {
  const { top, bottom, left, right } = part;
  for (let i = top; i < bottom; i++) {
    if (allowed && !allowed[i]) continue;
    for (let j = left; j < right; j++) {
      const value = cells[i * side + j];
      if (i === j || (allowed && !allowed[j]) || value === UNKNOWN) continue;
      const mirrored = j >= top && j < bottom && i >= left && i < right;
      if (!mirrored || i < j) act(i, j, value);
    }
  }
}

export interface Run {
  from: number;
  to: number;
  value: number;
}

/** Neighbours with the same value, as runs [from, to). */
export function runs(values: ArrayLike<number>): Run[] {
  const found: Run[] = [];
  for (let from = 0; from < values.length;) {
    let to = from + 1;
    while (to < values.length && values[to] === values[from]) to++;
    found.push({ from, to, value: values[from] });
    from = to;
  }
  return found;
}
