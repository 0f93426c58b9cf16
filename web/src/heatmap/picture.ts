// How a heatmap is drawn: cells, colour strips, names, the tree and the colour scale.

import type { Theme } from "../colours";
import { type Pen, SvgPen } from "../pen";
import { round } from "../points/scale";
import { short } from "../bundle";
import type { Dendrogram } from "./dendrogram";
import { css, shadeOf } from "./ramp";
import type { Images, Plot } from "./scene";
import type { Run } from "./square";

export interface Scene {
  plot: Plot;
  theme: Theme;
  images: Images;
  /** The screen's pixels to one of the page's. */
  ratio: number;
  tree: Dendrogram | undefined;
  treeWidth: number;
  /** Neighbours of one colour. */
  strips: readonly Run[];
  palette: readonly string[];
  /** What a run is called; empty for nothing. */
  group: (run: Run) => string;
  name: (row: number) => string;
  passes: (row: number) => boolean;
  /** Neighbours that don't pass. */
  faded: readonly Run[];
  selected: readonly number[];
  focus: { row: number; column: number } | undefined;
  /** Room for names right of and above the cells. */
  nameRoom: readonly [right: number, top: number];
  legend: { label: string; low: number; high: number };
  height: number;
  width: number;
}

export const STRIP = 9;
const GAP = 3;
const NAMES_FROM = 11;
const GROUP_HEIGHT = 14;
const MOST_BANDS = 40;

export function paintHeatmap(pen: Pen, scene: Scene): void {
  const { plot, theme } = scene;
  paintCells(pen, scene);
  paintFaded(pen, scene);
  paintSelected(pen, scene);
  paintStrips(pen, scene);
  if (plot.cell >= NAMES_FROM) paintNames(pen, scene);
  else paintGroups(pen, scene);
  if (scene.tree) paintTree(pen, scene, scene.tree);
  pen.strokeStyle = theme.faint;
  pen.lineWidth = 1;
  pen.strokeRect(plot.left - 0.5, plot.top - 0.5, plot.right - plot.left + 1, plot.bottom - plot.top + 1);
  if (scene.focus) paintFocus(pen, scene, scene.focus);
  paintLegend(pen, scene);
}

function paintCells(pen: Pen, { plot, images, ratio }: Scene): void {
  const { left, top, right, bottom, cell, x0, y0 } = plot;
  if (right <= left || bottom <= top) return;
  // An image also in a file: cells as rectangles have seams between them, and are many.
  if (pen instanceof SvgPen) return pen.drawImage(cut(plot, images), left, top, right - left, bottom - top);
  const { image, step } = images.of(cell * ratio);
  const size = cell * step;
  if ("imageSmoothingEnabled" in pen) pen.imageSmoothingEnabled = false;
  pen.drawImage(
    image,
    (left - x0) / size,
    (top - y0) / size,
    (right - left) / size,
    (bottom - top) / size,
    left,
    top,
    right - left,
    bottom - top,
  );
}

/** What is in sight as an image of its own, at twice the page's pixels. */
function cut(plot: Plot, images: Images): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round((plot.right - plot.left) * 2);
  canvas.height = Math.round((plot.bottom - plot.top) * 2);
  const context = canvas.getContext("2d")!;
  const { image, step } = images.of(plot.cell * 2);
  const size = plot.cell * step;
  context.imageSmoothingEnabled = false;
  const [width, height] = [(plot.right - plot.left) / size, (plot.bottom - plot.top) / size];
  context.drawImage(
    image,
    (plot.left - plot.x0) / size,
    (plot.top - plot.y0) / size,
    width,
    height,
    0,
    0,
    canvas.width,
    canvas.height,
  );
  return canvas;
}

/** Where rows or columns [from, to) are, no further than the cells in sight. */
function span(plot: Plot, from: number, to: number, way: "x" | "y"): [number, number] {
  const [zero, low, high] = way === "x" ? [plot.x0, plot.left, plot.right] : [plot.y0, plot.top, plot.bottom];
  const within = (at: number) => Math.min(high, Math.max(low, zero + at * plot.cell));
  return [within(from), within(to)];
}

/** Rows and columns of models that don't pass the filters, veiled. */
function paintFaded(pen: Pen, { plot, faded, theme }: Scene): void {
  pen.save();
  pen.fillStyle = theme.paper;
  pen.globalAlpha = 0.72;
  pen.beginPath();
  for (const { from, to, value } of faded) {
    if (!value) continue;
    const [left, right] = span(plot, from, to, "x");
    const [top, bottom] = span(plot, from, to, "y");
    if (right > left) pen.rect(left, plot.top, right - left, plot.bottom - plot.top);
    if (bottom > top) pen.rect(plot.left, top, plot.right - plot.left, bottom - top);
  }
  pen.fill();
  pen.restore();
}

/** Selected rows and columns: marks outside the strips, and bands across while they are few. */
function paintSelected(pen: Pen, { plot, selected, theme }: Scene): void {
  pen.fillStyle = theme.mark;
  pen.strokeStyle = theme.mark;
  pen.lineWidth = 1.5;
  for (const row of selected) {
    const [left, right] = span(plot, row, row + 1, "x");
    const [top, bottom] = span(plot, row, row + 1, "y");
    if (right > left) pen.fillRect(left, plot.bottom + 1, Math.max(1.5, right - left), 5);
    if (bottom > top) pen.fillRect(plot.right + 1, top, 5, Math.max(1.5, bottom - top));
    if (selected.length > MOST_BANDS) continue;
    if (right > left) pen.strokeRect(left, plot.top, right - left, plot.bottom - plot.top);
    if (bottom > top) pen.strokeRect(plot.left, top, plot.right - plot.left, bottom - top);
  }
}

function paintStrips(pen: Pen, { plot, strips, palette }: Scene): void {
  for (const { from, to, value } of strips) {
    const [left, right] = span(plot, from, to, "x");
    const [top, bottom] = span(plot, from, to, "y");
    pen.fillStyle = palette[value];
    if (right > left) pen.fillRect(left, plot.top - GAP - STRIP, right - left, STRIP);
    if (bottom > top) pen.fillRect(plot.left - GAP - STRIP, top, STRIP, bottom - top);
  }
}

/** Names of rows and columns, where cells are tall enough. */
function paintNames(pen: Pen, { plot, name, passes, nameRoom, theme }: Scene): void {
  const { part, cell, x0, y0 } = plot;
  pen.font = `${Math.min(12, Math.max(10, Math.floor(cell - 1)))}px system-ui, sans-serif`;
  for (let row = part.top; row < part.bottom; row++) {
    const y = y0 + (row + 0.5) * cell;
    if (y < plot.top || y > plot.bottom) continue;
    pen.fillStyle = passes(row) ? theme.ink : theme.line;
    rightOf(pen, fitting(pen, name(row), nameRoom[0] - 10), plot, y);
  }
  for (let column = part.left; column < part.right; column++) {
    const x = x0 + (column + 0.5) * cell;
    if (x < plot.left || x > plot.right) continue;
    pen.fillStyle = passes(column) ? theme.ink : theme.line;
    above(pen, fitting(pen, name(column), nameRoom[1] - STRIP - 10), plot, x);
  }
}

/** What neighbours of one colour are called, where there is room. */
function paintGroups(pen: Pen, { plot, strips, group, nameRoom, theme }: Scene): void {
  pen.font = "12px system-ui, sans-serif";
  pen.fillStyle = theme.ink;
  for (const run of strips) {
    const [left, right] = span(plot, run.from, run.to, "x");
    const [top, bottom] = span(plot, run.from, run.to, "y");
    const text = group(run);
    if (!text) continue;
    if (bottom - top >= GROUP_HEIGHT)
      rightOf(pen, fitting(pen, text, nameRoom[0] - 10), plot, (top + bottom) / 2);
    if (right - left >= GROUP_HEIGHT)
      above(pen, fitting(pen, text, nameRoom[1] - STRIP - 10), plot, (left + right) / 2);
  }
}

function rightOf(pen: Pen, text: string, plot: Plot, y: number): void {
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillText(text, plot.right + 8, y);
}

function above(pen: Pen, text: string, plot: Plot, x: number): void {
  pen.save();
  pen.translate(x, plot.top - STRIP - GAP - 4);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillText(text, 0, 0);
  pen.restore();
}

/** A text cut so that it is no wider. */
export function fitting(pen: Pick<Pen, "measureText">, text: string, width: number): string {
  if (pen.measureText(text).width <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pen.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low ? `${text.slice(0, low)}…` : "";
}

function paintTree(pen: Pen, { plot, treeWidth, theme }: Scene, { across, down }: Dendrogram): void {
  const right = plot.left - GAP - STRIP - 4;
  const left = right - treeWidth;
  const sy = (y: number) => plot.y0 + y * plot.cell;
  const sx = (x: number) => left + x * treeWidth;
  pen.strokeStyle = theme.faint;
  // Thinner than rows are high, else the leaves of many rows are one blot.
  pen.lineWidth = Math.min(1, Math.max(0.2, plot.cell * 0.8));
  pen.beginPath();
  for (let k = 0; k < across.length; k += 3) {
    const y = sy(across[k + 2]);
    if (y < plot.top || y > plot.bottom) continue;
    pen.moveTo(sx(across[k]), y);
    pen.lineTo(sx(across[k + 1]), y);
  }
  for (let k = 0; k < down.length; k += 3) {
    const [top, bottom] = [Math.max(plot.top, sy(down[k])), Math.min(plot.bottom, sy(down[k + 1]))];
    if (bottom <= top) continue;
    pen.moveTo(sx(down[k + 2]), top);
    pen.lineTo(sx(down[k + 2]), bottom);
  }
  pen.stroke();
}

function paintFocus(
  pen: Pen,
  { plot, theme }: Scene,
  { row, column }: { row: number; column: number },
): void {
  const [left, right] = span(plot, column, column + 1, "x");
  const [top, bottom] = span(plot, row, row + 1, "y");
  if (right <= left || bottom <= top) return;
  pen.fillStyle = theme.mark;
  // Where the row and the column are, on the strips: the cell itself may be under the pointer.
  pen.fillRect(plot.left - GAP - STRIP, top, STRIP, Math.max(2, bottom - top));
  pen.fillRect(left, plot.top - GAP - STRIP, Math.max(2, right - left), STRIP);
  pen.strokeStyle = theme.paper;
  pen.lineWidth = 3;
  pen.strokeRect(left - 1, top - 1, right - left + 2, bottom - top + 2);
  pen.strokeStyle = theme.mark;
  pen.lineWidth = 1.5;
  pen.strokeRect(left - 1, top - 1, right - left + 2, bottom - top + 2);
}

const LEGEND = { width: 190, height: 10 };

function paintLegend(pen: Pen, { plot, legend, theme, width, height }: Scene): void {
  const x = Math.round(Math.max(10, Math.min(plot.left, width - LEGEND.width - 10)));
  const y = height - 30;
  for (let k = 0; k < LEGEND.width; k += 2) {
    pen.fillStyle = css(shadeOf(k / (LEGEND.width - 2)));
    pen.fillRect(x + k, y, 2, LEGEND.height);
  }
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "top";
  pen.textAlign = "center";
  pen.fillStyle = theme.faint;
  for (const value of round(legend.low, legend.high, 5)) {
    const at = x + ((value - legend.low) / (legend.high - legend.low)) * LEGEND.width;
    pen.fillRect(Math.round(at) - 0.5, y + LEGEND.height, 1, 3);
    pen.fillText(short(value), at, y + LEGEND.height + 4);
  }
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillStyle = theme.ink;
  pen.fillText(
    fitting(pen, legend.label, width - x - LEGEND.width - 22),
    x + LEGEND.width + 14,
    y + LEGEND.height / 2,
  );
}
