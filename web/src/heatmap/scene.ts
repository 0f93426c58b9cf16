// What is seen of a heatmap: which cells, where, and the image of them.

import { colourOf } from "./ramp";
import { type Part, type Square, halved } from "./square";

/** The matrix on the canvas, as far as it is in sight. */
export interface Plot {
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** The side of a cell, in pixels. */
  cell: number;
  /** Where row and column 0 start. */
  x0: number;
  y0: number;
  /** Cells in sight, also in part. */
  part: Part;
}

export interface Sight {
  sx(x: number): number;
  sy(y: number): number;
  scaleX(): number;
  width: number;
  height: number;
}

export type Room = readonly [left: number, top: number, right: number, bottom: number];

export function plotOf(sight: Sight, room: Room, side: number): Plot {
  const cell = sight.scaleX() / side;
  const [x0, y0] = [sight.sx(0), sight.sy(0)];
  const left = Math.max(room[0], x0);
  const top = Math.max(room[1], y0);
  const right = Math.max(left, Math.min(sight.width - room[2], x0 + cell * side));
  const bottom = Math.max(top, Math.min(sight.height - room[3], y0 + cell * side));
  const from = (start: number, zero: number) =>
    Math.min(side, Math.max(0, Math.floor((start - zero) / cell + 1e-9)));
  const to = (end: number, zero: number) =>
    Math.min(side, Math.max(0, Math.ceil((end - zero) / cell - 1e-9)));
  const part = { left: from(left, x0), right: to(right, x0), top: from(top, y0), bottom: to(bottom, y0) };
  return { left, top, right, bottom, cell, x0, y0, part };
}

/** The cell at a place on the canvas; undefined outside. */
export function cellAt(plot: Plot, x: number, y: number): { row: number; column: number } | undefined {
  if (x < plot.left || x >= plot.right || y < plot.top || y >= plot.bottom) return undefined;
  return { row: Math.floor((y - plot.y0) / plot.cell), column: Math.floor((x - plot.x0) / plot.cell) };
}

const SMALLEST = 256;

/** The matrix as images, each half the size of the one before: the one that is drawn has cells of about a pixel. */
export class Images {
  private readonly squares: Square[];
  private readonly made: (HTMLCanvasElement | undefined)[] = [];

  constructor(square: Square) {
    this.squares = [square];
    for (let last = square; last.side > SMALLEST;) this.squares.push((last = halved(last)));
  }

  /** An image, and how many cells one of its pixels is. cell: a cell's side in the screen's pixels. */
  of(cell: number): { image: HTMLCanvasElement; step: number } {
    // Without smoothing a smaller copy would be drawn with gaps, a larger one with lost cells.
    const wanted = cell >= 0.75 ? 0 : Math.round(Math.log2(1 / cell));
    const level = Math.min(this.squares.length - 1, wanted);
    this.made[level] ??= painted(this.squares[level]);
    return { image: this.made[level], step: 2 ** level };
  }
}

function painted({ side, cells }: Square): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  const words = new Uint32Array(image.data.buffer);
  const colours = Uint32Array.from({ length: 256 }, (_, value) => {
    const [red, green, blue] = colourOf(value);
    return (255 << 24) | (blue << 16) | (green << 8) | red;
  });
  for (let at = 0; at < cells.length; at++) words[at] = colours[cells[at]];
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return canvas;
}
