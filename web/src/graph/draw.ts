// The graph drawn: far away as a density of edges, near as lines, arrows and named discs.

import { type Colours, rgb, type Theme } from "../colours";
import { shown } from "../dom";
import type { Pen } from "../pen";
import { Density, drawn, LONG, thinned } from "./density";
import { press, type Rgb, type Stamp, stamp } from "./discs";
import { type Label, placed } from "./labels";
import type { Scene } from "./scene";

/** Where models are on the canvas, and how big it is, in pixels of the page. zoom: 1 on a canvas of usual size. */
export interface Sight {
  x: Float32Array;
  y: Float32Array;
  width: number;
  height: number;
  zoom: number;
}

export interface Look {
  colours: Colours;
  theme: Theme;
  selected: Uint8Array;
  /** Only these models and the edges between them; undefined for all. */
  only?: Uint8Array;
}

export const MOST_LINES = 1500;
const MOST_ARROWS = 900;
const NAMED_AMONG = 1500;
/** With no more models than this in sight, labels keep clear of discs and edges passing through are left out. */
const NEAR = 400;
const FONT = "12px system-ui, sans-serif";
const LINE = 15;

export function radius(degree: number, zoom: number): number {
  const base = Math.min(6, Math.max(0.7, 1.5 * zoom ** 0.45));
  return base * [1, 1.2, 1.5, 1.8][step(degree)];
}

/** 0 to 3: few edges to many. */
function step(degree: number): number {
  return Math.min(3, Math.floor(Math.log2(1 + degree) / 2));
}

/** Edges of the scene that may touch the canvas; when near, those with an end on it. */
export function inSight(scene: Scene, sight: Sight, nodes: Uint32Array, only?: Uint8Array): Uint32Array {
  const { source, target } = scene.edges;
  const { x, y, width, height } = sight;
  const within = (m: number) => x[m] >= 0 && x[m] < width && y[m] >= 0 && y[m] < height;
  const near = nodes.length <= NEAR;
  const found = new Uint32Array(scene.chosen.length);
  let many = 0;
  // a plain loop without arrays: at each redraw it sees every edge
  for (const e of scene.chosen) {
    const a = source[e];
    const b = target[e];
    if (only && !(only[a] && only[b])) continue;
    if (near) {
      if (within(a) || within(b)) found[many++] = e;
    } else if (
      Math.max(x[a], x[b]) >= 0 &&
      Math.min(x[a], x[b]) < width &&
      Math.max(y[a], y[b]) >= 0 &&
      Math.min(y[a], y[b]) < height
    ) {
      found[many++] = e;
    }
  }
  return found.subarray(0, many);
}

export function nodesInSight(scene: Scene, { x, y, width, height }: Sight, only?: Uint8Array): Uint32Array {
  return scene.order.filter(
    (m) =>
      scene.shows[m] &&
      !(only && !only[m]) &&
      x[m] > -9 &&
      y[m] > -9 &&
      x[m] < width + 9 &&
      y[m] < height + 9,
  );
}

/** Each raster is shown before the next is made: one canvas serves them all. */
const board = document.createElement("canvas");

/** Edges and models in one picture of pixels, `ratio` of them to a pixel of the page. */
export function raster(
  scene: Scene,
  sight: Sight,
  look: Look,
  ratio: number,
  edges: Uint32Array,
  nodes: Uint32Array,
): HTMLCanvasElement {
  const [width, height] = [Math.round(sight.width * ratio), Math.round(sight.height * ratio)];
  if (board.width !== width) board.width = width;
  if (board.height !== height) board.height = height;
  const image = new ImageData(width, height);
  if (edges.length > MOST_LINES) shadeEdges(image, scene, sight, look, ratio, edges);
  pressNodes(image, scene, sight, look, ratio, nodes);
  board.getContext("2d")!.putImageData(image, 0, 0);
  return board;
}

function shadeEdges(
  image: ImageData,
  scene: Scene,
  sight: Sight,
  look: Look,
  ratio: number,
  edges: Uint32Array,
): void {
  const density = new Density(image.width, image.height);
  const { source, target } = scene.edges;
  const { shade, palette } = look.colours;
  const { x, y } = sight;
  const lengths = new Float32Array(edges.length);
  for (let k = 0; k < edges.length; k++) {
    const a = source[edges[k]];
    const b = target[edges[k]];
    lengths[k] = Math.min(image.width, ratio * Math.max(Math.abs(x[a] - x[b]), Math.abs(y[a] - y[b])));
  }
  const oneIn = thinned(lengths);
  for (let k = 0; k < edges.length; k++) {
    const long = lengths[k] > LONG;
    if (long && !drawn(edges[k], oneIn)) continue;
    const a = source[edges[k]];
    const b = target[edges[k]];
    const tint = shade[a] === shade[b] ? shade[a] : 0;
    density.add(x[a] * ratio, y[a] * ratio, x[b] * ratio, y[b] * ratio, tint, long ? oneIn : 1);
  }
  density.shade(image.data, edgeColours(palette, look.theme), 46, 215);
}

/** Edges between models of a colour take half of it; others stay grey. */
function edgeColours(palette: readonly string[], theme: Theme): Rgb[] {
  const grey = rgb(theme.faint);
  return palette.map((colour, k) => (k ? mixed(rgb(colour), grey, 0.65) : grey));
}

function mixed(a: Rgb, b: Rgb, share: number): Rgb {
  return [0, 1, 2].map((k) => Math.round(a[k] * share + b[k] * (1 - share))) as unknown as Rgb;
}

function pressNodes(
  image: ImageData,
  scene: Scene,
  sight: Sight,
  look: Look,
  ratio: number,
  nodes: Uint32Array,
): void {
  const palette = look.colours.palette.map(rgb);
  const stamps = [0, 3, 15, 63].map((degree): Stamp => stamp(radius(degree, sight.zoom) * ratio));
  // from the least important on, so that the others lie over them
  for (let k = nodes.length - 1; k >= 0; k--) {
    const m = nodes[k];
    const disc = stamps[step(scene.degree(m))];
    press(
      image.data,
      image.width,
      image.height,
      sight.x[m] * ratio,
      sight.y[m] * ratio,
      disc,
      palette[look.colours.shade[m]],
    );
  }
}

/** Edges as lines, with arrows to the child where they are few. */
export function lines(pen: Pen, scene: Scene, sight: Sight, look: Look, edges: Uint32Array): void {
  const { source, target, kind, directed } = scene.edges;
  pen.save();
  pen.strokeStyle = look.theme.faint;
  pen.fillStyle = look.theme.faint;
  pen.lineWidth = edges.length > 800 ? 0.7 : 1;
  pen.globalAlpha = 0.6;
  pen.beginPath();
  for (const e of edges) {
    pen.moveTo(sight.x[source[e]], sight.y[source[e]]);
    pen.lineTo(sight.x[target[e]], sight.y[target[e]]);
  }
  pen.stroke();
  if (edges.length <= MOST_ARROWS) {
    pen.beginPath();
    for (const e of edges) if (directed[kind[e]]) arrow(pen, scene, sight, source[e], target[e]);
    pen.fill();
  }
  pen.restore();
}

function arrow(pen: Pen, scene: Scene, sight: Sight, from: number, to: number): void {
  const [dx, dy] = [sight.x[to] - sight.x[from], sight.y[to] - sight.y[from]];
  const length = Math.hypot(dx, dy);
  if (length < 18) return;
  const [ux, uy] = [dx / length, dy / length];
  const gap = radius(scene.degree(to), sight.zoom) + 1;
  const [tipX, tipY] = [sight.x[to] - ux * gap, sight.y[to] - uy * gap];
  pen.moveTo(tipX, tipY);
  pen.lineTo(tipX - 7 * ux - 3.2 * uy, tipY - 7 * uy + 3.2 * ux);
  pen.lineTo(tipX - 7 * ux + 3.2 * uy, tipY - 7 * uy - 3.2 * ux);
  pen.closePath();
}

export function discs(pen: Pen, scene: Scene, sight: Sight, look: Look, nodes: Uint32Array): void {
  look.colours.palette.forEach((colour, shade) => {
    pen.fillStyle = colour;
    pen.beginPath();
    for (const m of nodes) {
      if (look.colours.shade[m] !== shade) continue;
      const r = radius(scene.degree(m), sight.zoom);
      pen.moveTo(sight.x[m] + r, sight.y[m]);
      pen.arc(sight.x[m], sight.y[m], r, 0, 2 * Math.PI);
      pen.closePath();
    }
    pen.fill();
  });
}

/** Rings around models, in the colour of the selection. */
export function rings(
  pen: Pen,
  scene: Scene,
  sight: Sight,
  models: Iterable<number>,
  colour: string,
  wide: number,
): void {
  pen.strokeStyle = colour;
  pen.lineWidth = wide;
  pen.beginPath();
  for (const m of models) {
    const r = radius(scene.degree(m), sight.zoom) + wide / 2 + 0.5;
    pen.moveTo(sight.x[m] + r, sight.y[m]);
    pen.arc(sight.x[m], sight.y[m], r, 0, 2 * Math.PI);
    pen.closePath();
  }
  pen.stroke();
}

const widths = new Map<string, number>();

/** Names beside models where there is room: `first` always come first, the others only when few are in sight. */
export function names(
  pen: Pen,
  scene: Scene,
  sight: Sight,
  look: Look,
  nodes: Uint32Array,
  first: readonly number[],
): Label[] {
  pen.font = FONT;
  const few = nodes.length <= NAMED_AMONG;
  const wanted = few ? [...new Set([...first, ...nodes])] : first;
  const most = Math.round((sight.width * sight.height) / 9000);
  const room = { width: sight.width, height: sight.height, line: LINE, most };
  const taken =
    nodes.length <= NEAR
      ? [...nodes].map((mark) => ({
          mark,
          x: sight.x[mark],
          y: sight.y[mark],
          radius: radius(scene.degree(mark), sight.zoom),
        }))
      : [];
  const done = placed(wishes(pen, scene, sight, wanted), room, taken);
  pen.textBaseline = "middle";
  pen.textAlign = "start";
  for (const label of done) {
    pen.globalAlpha = 0.78;
    pen.fillStyle = look.theme.paper;
    pen.fillRect(label.x - 2, label.y - LINE / 2, label.width + 4, LINE);
    pen.globalAlpha = 1;
    pen.fillStyle = look.selected[label.mark] ? look.theme.mark : look.theme.ink;
    pen.fillText(label.text, label.x, label.y);
  }
  return done;
}

function* wishes(pen: Pen, scene: Scene, sight: Sight, models: readonly number[]) {
  for (const mark of models) {
    const text = shortName(scene.bundle.name(mark));
    let width = widths.get(text);
    if (width === undefined) widths.set(text, (width = pen.measureText(text).width));
    yield {
      mark,
      text,
      width,
      x: sight.x[mark],
      y: sight.y[mark],
      radius: radius(scene.degree(mark), sight.zoom),
    };
  }
}

/** A name without its owner. */
function shortName(name: string): string {
  return shown(name.slice(name.lastIndexOf("/") + 1) || name, 34);
}

/** A picture of the canvas's size, drawn once and shown many times. */
export function layer(width: number, height: number, paint: (pen: Pen) => void): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d")!;
  context.scale(ratio, ratio);
  paint(context);
  return canvas;
}
