// Many edges as a picture: how many cross each pixel, darker where more do.

/** How many edges cross each pixel, and the colour they share: its place, 0 where they differ. */
export class Density {
  readonly counts: Uint16Array;
  readonly tint: Uint8Array;

  constructor(readonly width: number, readonly height: number) {
    this.counts = new Uint16Array(width * height);
    this.tint = new Uint8Array(width * height);
  }

  /** Count an edge between two places, in pixels. What is outside the picture is cut off first. */
  add(ax: number, ay: number, bx: number, by: number, tint: number): void {
    const { width, height } = this;
    if (ax >= 0 && bx >= 0 && ay >= 0 && by >= 0 && ax < width && bx < width && ay < height && by < height) {
      return this.walk(ax, ay, bx, by, tint);
    }
    const part = clipped(ax, ay, bx, by, width, height);
    if (!part) return;
    const dx = bx - ax;
    const dy = by - ay;
    this.walk(ax + part[0] * dx, ay + part[0] * dy, ax + part[1] * dx, ay + part[1] * dy, tint);
  }

  /** A step to each pixel along the longer side, in whole numbers of 1/65536 pixel. */
  private walk(ax: number, ay: number, bx: number, by: number, tint: number): void {
    const { counts, tint: tints, width, height } = this;
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(bx - ax), Math.abs(by - ay))));
    const stepX = ((bx - ax) / steps) * 65536 | 0;
    const stepY = ((by - ay) / steps) * 65536 | 0;
    let x = ax * 65536 | 0;
    let y = ay * 65536 | 0;
    for (let k = 0; k <= steps; k++, x += stepX, y += stepY) {
      const column = x >> 16;
      const row = y >> 16;
      if (column < 0 || row < 0 || column >= width || row >= height) continue;
      const at = row * width + column;
      tints[at] = counts[at] === 0 || tints[at] === tint ? tint : 0;
      if (counts[at] < 65535) counts[at]++;
    }
  }

  /** Into pixels (RGBA): opacity grows with the logarithm of the count, from `low` to `high`, 0 to 255. */
  shade(pixels: Uint8ClampedArray, colours: readonly (readonly [number, number, number])[], low: number, high: number): void {
    const opacity = opacities(this.most(), low, high);
    for (let at = 0; at < this.counts.length; at++) {
      const count = this.counts[at];
      if (!count) continue;
      const colour = colours[this.tint[at]];
      pixels[4 * at] = colour[0];
      pixels[4 * at + 1] = colour[1];
      pixels[4 * at + 2] = colour[2];
      pixels[4 * at + 3] = opacity[count];
    }
  }

  private most(): number {
    let most = 0;
    for (const count of this.counts) if (count > most) most = count;
    return most;
  }
}

/** The opacity for each count up to the most. */
export function opacities(most: number, low: number, high: number): Uint8Array {
  // few edges on a pixel look the same whether the busiest pixel has 3 or 30: hence at least 30
  const full = Math.log(Math.max(most, 30));
  return Uint8Array.from({ length: most + 1 }, (_, count) => (count ? low + (high - low) * (Math.log(count) / full) : 0));
}

/** The part of a line that is inside the picture, as shares of its length (Liang and Barsky's way). */
export function clipped(
  ax: number, ay: number, bx: number, by: number, width: number, height: number,
): [number, number] | undefined {
  let from = 0;
  let to = 1;
  for (const [start, change, most] of [[ax, bx - ax, width], [ay, by - ay, height]]) {
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
