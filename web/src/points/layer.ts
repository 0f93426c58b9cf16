// Points on an image of their own, drawn by writing pixels: many times faster than a path each.

import { rgb } from "../colours";
import { type Box, PointGrid } from "./grid";
import {
  DensityPainter,
  type Frame,
  type Ink,
  type Raster,
  type Rgb,
  paintDiscs,
  paintMarked,
  radiusFor,
  seen,
} from "./pixels";

/** Points of models, sorted into a grid, with the shade of each. */
export class Layer {
  readonly grid: PointGrid;

  /** models: those to draw, places in x and y; all when undefined. */
  constructor(
    x: Float32Array,
    y: Float32Array,
    private readonly models?: Uint32Array,
  ) {
    const of = (all: Float32Array) => (models ? new Float32Array(models).map((_, k) => all[models[k]]) : all);
    this.grid = new PointGrid(of(x), of(y));
  }

  model(place: number): number {
    const id = this.grid.id[place];
    return this.models ? this.models[id] : id;
  }

  /** Shades of models in the grid's order. */
  shades(shade: Uint8Array): Uint8Array {
    const found = new Uint8Array(this.grid.count);
    for (let place = 0; place < found.length; place++) found[place] = shade[this.model(place)];
    return found;
  }
}

export interface Look {
  /** Above so many points in sight their counts are drawn. */
  mostDiscs: number;
  /** The side of a count's cell, in pixels of the page, for so many points in sight. */
  cell(points: number): number;
  /** How strongly one point in a cell is drawn, where more are drawn stronger; 0 to 1. */
  faintest: number;
}

/** Selected models, where they are too many for rings; x and y are of all models. */
export interface Marked {
  models: readonly number[];
  x: Float32Array;
  y: Float32Array;
  colour: Rgb;
}

export interface Drawn {
  /** Places in the layer of the points in sight; undefined where there are too many to go through. */
  places: number[] | undefined;
  inSight: number;
  radius: number;
  /** The most points in a cell, 0 where discs are drawn. */
  most: number;
  cell: number;
}

const MANY = 60_000;
const FADED = 0.3;
const DISC = 0.85;

export class LayerImage {
  readonly canvas = document.createElement("canvas");
  private readonly context = this.canvas.getContext("2d")!;
  private image: ImageData | undefined;
  private readonly density = new DensityPainter();

  /**
   * Draw the front layer over the faded back one.
   *
   * frame: in pixels of the page. ratio: the screen's pixels to one of the page's.
   */
  draw(
    front: Layer,
    frontInk: Ink,
    back: Layer | undefined,
    faded: Rgb,
    frame: Frame,
    width: number,
    height: number,
    ratio: number,
    look: Look,
    marked?: Marked,
  ): Drawn {
    const box = seen(frame, width, height, 6);
    const places = inSight(front.grid, box, Math.max(MANY, look.mostDiscs));
    const many = places?.length ?? roughly(front.grid, box);
    const discs = places !== undefined && many <= look.mostDiscs;
    const cell = discs ? 1 / ratio : look.cell(many);
    const into = this.raster(Math.ceil(width / cell), Math.ceil(height / cell));
    const scaled = shrunk(frame, cell);
    const radius = radiusFor(many, width, height);
    const grey: Ink | undefined = back && {
      shade: new Uint8Array(back.grid.count),
      palette: [faded],
      opacity: FADED,
    };
    let most = 0;
    const behind = back && discs ? inSight(back.grid, box, MANY) : undefined;
    if (behind) paintDiscs(back!.grid, behind, grey!, scaled, Math.min(2.5, radius) * ratio, into);
    else if (back) this.density.paint(back.grid, grey!, scaled, into, 1);
    if (discs) paintDiscs(front.grid, places, { ...frontInk, opacity: DISC }, scaled, radius * ratio, into);
    else most = this.density.paint(front.grid, frontInk, scaled, into, look.faintest);
    if (marked)
      paintMarked(marked.models, marked.x, marked.y, marked.colour, scaled, discs ? radius * ratio : 0, into);
    this.context.putImageData(this.image!, 0, 0);
    return { places: discs ? places : undefined, inSight: many, radius, most, cell };
  }

  private raster(width: number, height: number): Raster {
    if (this.image?.width === width && this.image.height === height) this.image.data.fill(0);
    else {
      [this.canvas.width, this.canvas.height] = [width, height];
      this.image = new ImageData(width, height);
    }
    return { width, height, pixels: this.image.data };
  }
}

/** The page's colours as numbers. */
export function inkOf(palette: readonly string[], shade: Uint8Array): Ink {
  return { shade, palette: palette.map(rgb), opacity: 1 };
}

function shrunk(frame: Frame, cell: number): Frame {
  const { scaleX, scaleY, shiftX, shiftY } = frame;
  return { scaleX: scaleX / cell, scaleY: scaleY / cell, shiftX: shiftX / cell, shiftY: shiftY / cell };
}

/** Points in a box and in its cells: quick, and enough to say that there are many. */
function roughly(grid: PointGrid, box: Box): number {
  let sum = 0;
  grid.runs(box, (from, to) => (sum += to - from));
  return sum;
}

function inSight(grid: PointGrid, box: Box, most: number): number[] | undefined {
  return roughly(grid, box) > most ? undefined : grid.within(box);
}
