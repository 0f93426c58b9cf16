// Many points drawn into an array of pixels: as counts when far, as discs when near.

import type { Box, PointGrid } from "./grid";

/** From the unit square to pixels: pixel = world * scale + shift. */
export interface Frame {
  scaleX: number;
  scaleY: number;
  shiftX: number;
  shiftY: number;
}

export interface Raster {
  width: number;
  height: number;
  /** Red, green, blue and opacity of each pixel, a byte each. */
  pixels: Uint8ClampedArray;
}

export type Rgb = readonly [red: number, green: number, blue: number];

/** What points are drawn in: places in `palette`, in the grid's order. */
export interface Ink {
  shade: Uint8Array;
  palette: readonly Rgb[];
  /** How strong the strongest are, 0 to 1. */
  opacity: number;
}

export function seen(frame: Frame, width: number, height: number, margin = 0): Box {
  const wx = (pixel: number) => (pixel - frame.shiftX) / frame.scaleX;
  const wy = (pixel: number) => (pixel - frame.shiftY) / frame.scaleY;
  return { left: wx(-margin), top: wy(-margin), right: wx(width + margin), bottom: wy(height + margin) };
}

/** Draws counts: the more points in a pixel the stronger (log), in their mean colour. */
export class DensityPainter {
  /** For each pixel: points, and the sums of their red, green and blue; together, to be near in memory. */
  private sums = new Uint32Array(0);

  /** Returns the most points in a pixel. */
  paint(grid: PointGrid, ink: Ink, frame: Frame, into: Raster, faintest: number): number {
    const size = into.width * into.height * 4;
    if (this.sums.length < size) this.sums = new Uint32Array(size);
    else this.sums.fill(0, 0, size);
    const most = this.count(grid, ink, frame, into);
    this.shade(into, strengths(most, ink.opacity, faintest));
    return most;
  }

  private count(grid: PointGrid, ink: Ink, frame: Frame, into: Raster): number {
    const { sums } = this;
    const { x, y } = grid;
    const { shade } = ink;
    const { width, height } = into;
    const { scaleX, scaleY, shiftX, shiftY } = frame;
    const [red, green, blue] = [0, 1, 2].map((part) =>
      Uint32Array.from(ink.palette, (colour) => colour[part]),
    );
    let most = 0;
    grid.runs(seen(frame, width, height), (from, to) => {
      for (let k = from; k < to; k++) {
        const px = x[k] * scaleX + shiftX;
        const py = y[k] * scaleY + shiftY;
        if (px < 0 || py < 0 || px >= width || py >= height) continue;
        const at = ((py | 0) * width + (px | 0)) * 4;
        const of = shade[k];
        const n = ++sums[at];
        sums[at + 1] += red[of];
        sums[at + 2] += green[of];
        sums[at + 3] += blue[of];
        if (n > most) most = n;
      }
    });
    return most;
  }

  private shade(into: Raster, strength: Uint8Array): void {
    const { sums } = this;
    const { pixels } = into;
    for (let at = 0, end = into.width * into.height * 4; at < end; at += 4) {
      const n = sums[at];
      if (n === 0) continue;
      pixels[at] = sums[at + 1] / n;
      pixels[at + 1] = sums[at + 2] / n;
      pixels[at + 2] = sums[at + 3] / n;
      pixels[at + 3] = strength[n];
    }
  }
}

/** How strongly n points in a pixel are drawn where the most are `most`: from `faintest` for one to 1. */
export function opacity(n: number, most: number, faintest: number): number {
  return n <= 0 ? 0 : most <= 1 ? 1 : faintest + (1 - faintest) * (Math.log(n) / Math.log(most));
}

/** `opacity` of each count as a byte: a logarithm to a pixel is slow. */
function strengths(most: number, whole: number, faintest: number): Uint8Array {
  return Uint8Array.from({ length: most + 1 }, (_, n) => 255 * whole * opacity(n, most, faintest));
}

/** Draws a disc for each of these points of the grid. */
export function paintDiscs(
  grid: PointGrid,
  places: readonly number[],
  ink: Ink,
  frame: Frame,
  radius: number,
  into: Raster,
): void {
  for (const k of places) {
    const [x, y] = [grid.x[k] * frame.scaleX + frame.shiftX, grid.y[k] * frame.scaleY + frame.shiftY];
    stamp(into, x, y, radius, ink.palette[ink.shade[k]], ink.opacity);
  }
}

/** Points of some models: discs of a radius, or single pixels where it is 0. x, y: of all models. */
export function paintMarked(
  models: readonly number[],
  x: Float32Array,
  y: Float32Array,
  colour: Rgb,
  frame: Frame,
  radius: number,
  into: Raster,
): void {
  const [red, green, blue] = colour;
  for (const model of models) {
    const px = x[model] * frame.scaleX + frame.shiftX;
    const py = y[model] * frame.scaleY + frame.shiftY;
    if (!(px >= 0 && py >= 0 && px < into.width && py < into.height)) continue;
    if (radius > 0) stamp(into, px, py, radius, colour);
    else into.pixels.set([red, green, blue, 255], ((py | 0) * into.width + (px | 0)) * 4);
  }
}

/** One disc with a soft rim, laid over what is there. */
export function stamp(
  into: Raster,
  x: number,
  y: number,
  radius: number,
  [red, green, blue]: Rgb,
  strength = 1,
): void {
  const { width, height, pixels } = into;
  const reach = radius + 0.5;
  const last = Math.min(height - 1, Math.floor(y + reach));
  for (let py = Math.max(0, Math.floor(y - reach)); py <= last; py++) {
    for (
      let px = Math.max(0, Math.floor(x - reach)), end = Math.min(width - 1, Math.floor(x + reach));
      px <= end;
      px++
    ) {
      const [dx, dy] = [px + 0.5 - x, py + 0.5 - y];
      const over = Math.min(1, reach - Math.sqrt(dx * dx + dy * dy)) * strength;
      if (over <= 0) continue;
      const at = (py * width + px) * 4;
      const under = (pixels[at + 3] / 255) * (1 - over);
      const both = over + under;
      pixels[at] = (red * over + pixels[at] * under) / both;
      pixels[at + 1] = (green * over + pixels[at + 1] * under) / both;
      pixels[at + 2] = (blue * over + pixels[at + 2] * under) / both;
      pixels[at + 3] = both * 255;
    }
  }
}

/** A radius, in pixels, at which so many points fill their room without hiding each other. */
export function radiusFor(points: number, width: number, height: number): number {
  const apart = Math.sqrt((width * height) / Math.max(1, points));
  return Math.min(5.5, Math.max(1.8, 0.9 + apart / 16));
}
