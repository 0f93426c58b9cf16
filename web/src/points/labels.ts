// Labels beside marks that never cover each other or another mark.

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

const CELL = 4;

/** What is taken of an area, in cells of 4 x 4 pixels. */
export class Taken {
  private readonly cells: Uint8Array;
  private readonly columns: number;
  private readonly rows: number;

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {
    this.columns = Math.ceil(width / CELL) + 1;
    this.rows = Math.ceil(height / CELL) + 1;
    this.cells = new Uint8Array(this.columns * this.rows);
  }

  take(rect: Rect): void {
    this.each(rect, (at) => {
      this.cells[at] = 1;
      return true;
    });
  }

  /** Whether a rectangle is inside the area and nothing in it is taken. */
  free(rect: Rect): boolean {
    const inside =
      rect.x >= 0 && rect.y >= 0 && rect.x + rect.width <= this.width && rect.y + rect.height <= this.height;
    return inside && this.each(rect, (at) => this.cells[at] === 0);
  }

  private each({ x, y, width, height }: Rect, act: (at: number) => boolean): boolean {
    const right = Math.min(this.columns - 1, Math.floor((x + width) / CELL));
    const bottom = Math.min(this.rows - 1, Math.floor((y + height) / CELL));
    for (let row = Math.max(0, Math.floor(y / CELL)); row <= bottom; row++) {
      for (let column = Math.max(0, Math.floor(x / CELL)); column <= right; column++) {
        if (!act(row * this.columns + column)) return false;
      }
    }
    return true;
  }
}

export interface Placed extends Rect {
  /** Its place in the marks given. */
  mark: number;
}

/**
 * Labels for marks in order of weight: right, left, above or below, or none where there is no room.
 *
 * x, y, widths: of marks and of their labels, in pixels. radius: of marks. At most `most` labels.
 */
export function placeLabels(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  widths: (mark: number) => number,
  radius: number,
  height: number,
  taken: Taken,
  most: number,
): Placed[] {
  for (let mark = 0; mark < x.length; mark++) {
    taken.take({ x: x[mark] - radius, y: y[mark] - radius, width: 2 * radius, height: 2 * radius });
  }
  const placed: Placed[] = [];
  const gap = radius + CELL + 1;
  for (let mark = 0; mark < x.length && placed.length < most; mark++) {
    const width = widths(mark);
    const [left, top] = [x[mark], y[mark]];
    const sides = [
      [left + gap, top - height / 2],
      [left - gap - width, top - height / 2],
      [left - width / 2, top - gap - height],
      [left - width / 2, top + gap],
    ];
    const found = sides.map(([x, y]) => ({ x, y, width, height, mark })).find((rect) => taken.free(rect));
    if (!found) continue;
    taken.take(found);
    placed.push(found);
  }
  return placed;
}
