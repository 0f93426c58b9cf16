// Points sorted into the cells of an even grid: what is in a box is found without looking at the rest.

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** About this many points to a cell: fewer makes the grid large, more makes its answers long. */
const IN_A_CELL = 8;
const MOST_SIDE = 1024;

/**
 * An index over points of the unit square. Points that are NaN or outside are left out.
 *
 * `x`, `y` and `id` hold the points cell by cell, row of cells by row of cells, so that those of
 * neighbouring cells in a row follow each other; `id` is a point's place in what was given.
 */
export class PointGrid {
  readonly side: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly id: Uint32Array;
  /** Where each cell starts; one more than there are cells. */
  private readonly start: Uint32Array;

  constructor(x: ArrayLike<number>, y: ArrayLike<number>) {
    const side = Math.max(1, Math.min(MOST_SIDE, Math.ceil(Math.sqrt(x.length / IN_A_CELL))));
    const outside = side * side;
    const cellOf = new Uint32Array(x.length);
    const start = new Uint32Array(outside + 2);
    for (let i = 0; i < x.length; i++) {
      const inside = x[i] >= 0 && x[i] <= 1 && y[i] >= 0 && y[i] <= 1;
      cellOf[i] = inside ? cell(y[i], side) * side + cell(x[i], side) : outside;
      start[cellOf[i] + 1]++;
    }
    for (let k = 0; k <= outside; k++) start[k + 1] += start[k];
    const count = start[outside];
    const next = start.slice();
    [this.x, this.y, this.id] = [new Float32Array(count), new Float32Array(count), new Uint32Array(count)];
    for (let i = 0; i < x.length; i++) {
      if (cellOf[i] === outside) continue;
      const at = next[cellOf[i]]++;
      this.x[at] = x[i];
      this.y[at] = y[i];
      this.id[at] = i;
    }
    this.side = side;
    this.start = start;
  }

  get count(): number {
    return this.id.length;
  }

  /** Runs [from, to) of points that hold all in the box, and some beside it. */
  runs(box: Box, each: (from: number, to: number) => void): void {
    if (!(box.right >= 0 && box.left <= 1 && box.bottom >= 0 && box.top <= 1)) return;
    const { side, start } = this;
    const [left, right] = [cell(box.left, side), cell(box.right, side)];
    for (let row = cell(box.top, side); row <= cell(box.bottom, side); row++) {
      const [from, to] = [start[row * side + left], start[row * side + right + 1]];
      if (to > from) each(from, to);
    }
  }

  /** Places, in the sorted arrays, of the points in the box; no more than `most`. */
  within(box: Box, most = Infinity): number[] {
    const found: number[] = [];
    this.runs(box, (from, to) => {
      for (let k = from; k < to && found.length < most; k++)
        if (holds(box, this.x[k], this.y[k])) found.push(k);
    });
    return found;
  }

  /** The place of the point nearest to (x, y) among those allowed, no further than the reach; else -1. */
  nearest(x: number, y: number, reachX: number, reachY: number, allowed: (place: number) => boolean): number {
    let [best, least] = [-1, 1];
    const box = { left: x - reachX, right: x + reachX, top: y - reachY, bottom: y + reachY };
    this.runs(box, (from, to) => {
      for (let k = from; k < to; k++) {
        const away = ((this.x[k] - x) / reachX) ** 2 + ((this.y[k] - y) / reachY) ** 2;
        if (away <= least && allowed(k)) [best, least] = [k, away];
      }
    });
    return best;
  }
}

export function holds(box: Box, x: number, y: number): boolean {
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}

function cell(at: number, side: number): number {
  return Math.min(side - 1, Math.max(0, Math.floor(at * side)));
}
