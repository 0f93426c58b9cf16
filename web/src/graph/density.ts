// Many edges as a picture: how many cross each pixel, darker where more do.

/** How many edges cross each pixel, and the colour they share: its place, 0 where they differ. */
export class Density {
  /** Count and colour of a pixel in one number, as the walk is most of a redraw: the colour is the lowest byte. */
  private readonly cells: Uint32Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.cells = new Uint32Array(width * height);
  }

  count(at: number): number {
    return Math.min(MOST_COUNTED, this.cells[at] >>> 8);
  }

  tint(at: number): number {
    return this.cells[at] & 255;
  }

  /** Count an edge between two places, in pixels, `weight` times. What is outside the picture is cut off first. */
  add(ax: number, ay: number, bx: number, by: number, tint: number, weight = 1): void {
    const { width, height } = this;
    if (ax >= 0 && bx >= 0 && ay >= 0 && by >= 0 && ax < width && bx < width && ay < height && by < height) {
      return this.walk(ax, ay, bx, by, tint, weight);
    }
    const part = clipped(ax, ay, bx, by, width, height);
    if (!part) return;
    const dx = bx - ax;
    const dy = by - ay;
    const [right, below] = [width - 0.01, height - 0.01];
    const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
    this.walk(
      within(ax + part[0] * dx, right),
      within(ay + part[0] * dy, below),
      within(ax + part[1] * dx, right),
      within(ay + part[1] * dy, below),
      tint,
      weight,
    );
  }

  /** A step to each pixel along the longer side, in whole numbers of 1/65536 pixel. */
  private walk(ax: number, ay: number, bx: number, by: number, tint: number, weight: number): void {
    const { cells, width } = this;
    const more = weight << 8;
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(bx - ax), Math.abs(by - ay))));
    // steps are cut towards zero: the walk never goes past the end, which is inside the picture
    const stepX = (((bx - ax) / steps) * 65536) | 0;
    const stepY = (((by - ay) / steps) * 65536) | 0;
    let x = (ax * 65536) | 0;
    let y = (ay * 65536) | 0;
    for (let k = 0; k <= steps; k++, x += stepX, y += stepY) {
      const at = (y >> 16) * width + (x >> 16);
      const cell = cells[at];
      if (cell === 0) cells[at] = more | tint;
      else cells[at] = ((cell & 255) === tint ? cell : cell & ~255) + more;
    }
  }

  /** Into pixels (RGBA): opacity grows with the logarithm of the count, from `low` to `high`, 0 to 255. */
  shade(
    pixels: Uint8ClampedArray,
    colours: readonly (readonly [number, number, number])[],
    low: number,
    high: number,
  ): void {
    const whole = new Uint32Array(pixels.buffer, pixels.byteOffset, pixels.length / 4);
    const opacity = opacities(this.most(), low, high);
    const colour = colours.map(([r, g, b]) => r | (g << 8) | (b << 16)); // bytes of a pixel, the lowest first
    const { cells } = this;
    for (let at = 0; at < cells.length; at++) {
      if (cells[at])
        whole[at] = colour[cells[at] & 255] | (opacity[Math.min(MOST_COUNTED, cells[at] >>> 8)] << 24);
    }
  }

  private most(): number {
    let most = 0;
    const { cells } = this;
    for (let at = 0; at < cells.length; at++) if (cells[at] > most) most = cells[at];
    return Math.min(MOST_COUNTED, most >>> 8);
  }
}

const MOST_STEPS = 4_000_000;
const MOST_COUNTED = 65_535;
export const LONG = 80;

/**
 * One in how many long edges to draw, so that no more than about `most` pixels are walked over. Each then counts that
 * many times: the density stays the same but for a little grain. lengths: of all edges, in pixels.
 */
export function thinned(lengths: Float32Array, most = MOST_STEPS): number {
  let [short, long] = [0, 0];
  for (const length of lengths) {
    if (length > LONG) long += length;
    else short += length;
  }
  return long + short <= most ? 1 : Math.ceil(long / Math.max(most - short, most / 4));
}

/** Whether an edge is one of those drawn: the same ones at each redraw, or the picture would flicker. */
export function drawn(edge: number, oneIn: number): boolean {
  return oneIn === 1 || (Math.imul(edge, 2654435761) >>> 12) % oneIn === 0;
}

/** The opacity for each count up to the most. */
export function opacities(most: number, low: number, high: number): Uint8Array {
  // few edges on a pixel look the same whether the busiest pixel has 3 or 30: hence at least 30
  const full = Math.log(Math.max(most, 30));
  return Uint8Array.from({ length: most + 1 }, (_, count) =>
    count ? low + (high - low) * (Math.log(count) / full) : 0,
  );
}

/** The part of a line that is inside the picture, as shares of its length (Liang and Barsky's way). */
export function clipped(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  width: number,
  height: number,
): [number, number] | undefined {
  let from = 0;
  let to = 1;
  for (const [start, change, most] of [
    [ax, bx - ax, width],
    [ay, by - ay, height],
  ]) {
    if (change === 0) {
      if (start < 0 || start >= most) return undefined;
      continue;
    }
    const [a, b] = [-start / change, (most - start) / change];
    from = Math.max(from, Math.min(a, b));
    to = Math.min(to, Math.max(a, b));
  }
  return from < to || (from === to && from === 0) ? [from, to] : undefined;
}
