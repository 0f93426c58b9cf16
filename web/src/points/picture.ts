// How points, their axes, labels and marks are drawn; to a canvas or to a file.

import type { Theme } from "../colours";
import { type Pen, SvgPen } from "../pen";
import { type Area, type Axis, type Window, paintAxes, paintGrid } from "./axes";
import type { Line } from "./clip";
import type { PointGrid } from "./grid";
import { Taken, placeLabels } from "./labels";
import type { Drawn } from "./layer";

export interface Scene {
  area: Area;
  window: Window;
  theme: Theme;
  axes: readonly [Axis, Axis] | undefined;
  image: HTMLCanvasElement;
  drawn: Drawn;
  grid: PointGrid;
  /** The colour of a point of the grid, as it is drawn. */
  colour(place: number): string;
  /** Marks with a ring. */
  selected: readonly Mark[];
  /** The mark the keyboard is at. */
  focus: Mark | undefined;
  /** Marks to be labelled, the most important first. */
  labels: readonly Mark[];
  /** Lines above the picture. */
  captions: readonly string[];
  /** Draws what lies over the points: a line, which labels keep off. */
  over?: (pen: Pen) => Line | undefined;
}

export interface Mark {
  /** Where it is, in the unit square. */
  x: number;
  y: number;
  text: string;
}

const LABEL = "12px system-ui, sans-serif";
const LABEL_HEIGHT = 14;
const MOST_LABELS = 160;
/** On areas of less width the captions begin at the page's rim, to have room. */
const NARROW = 460;

export function paintScene(pen: Pen, scene: Scene): void {
  const { area, axes, window, theme } = scene;
  if (axes) paintGrid(pen, area, axes, window, theme);
  paintPoints(pen, scene);
  const line = scene.over?.(pen);
  paintSelected(pen, scene);
  paintLabels(pen, scene, line);
  if (scene.focus) ring(pen, scene, scene.focus, theme.ink, 4);
  if (axes) paintAxes(pen, area, axes, window, theme);
  paintCaptions(pen, scene);
}

function paintPoints(pen: Pen, scene: Scene): void {
  const { area, drawn, image, grid, window } = scene;
  if (!(pen instanceof SvgPen) || !drawn.places) {
    if ("imageSmoothingEnabled" in pen) pen.imageSmoothingEnabled = false;
    // Cells at the right and lower rims can reach over the area by a part of one.
    const [width, height] = [image.width * drawn.cell, image.height * drawn.cell];
    pen.drawImage(image, area.left, area.top, width, height);
    return;
  }
  pen.save();
  pen.globalAlpha = 0.85;
  for (const place of drawn.places) {
    const [x, y] = [window.sx(grid.x[place]), window.sy(grid.y[place])];
    if (!within(area, x, y)) continue;
    pen.fillStyle = scene.colour(place);
    pen.beginPath();
    pen.arc(x, y, drawn.radius, 0, 2 * Math.PI);
    pen.fill();
  }
  pen.restore();
}

function paintSelected(pen: Pen, scene: Scene): void {
  const { selected, theme } = scene;
  for (const mark of selected) ring(pen, scene, mark, theme.mark, 1.5);
}

function ring(pen: Pen, { area, window, drawn }: Scene, mark: Mark, colour: string, wider: number): void {
  const [x, y] = [window.sx(mark.x), window.sy(mark.y)];
  if (!within(area, x, y)) return;
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(x, y, Math.max(3, drawn.radius) + wider, 0, 2 * Math.PI);
  pen.stroke();
}

function paintLabels(pen: Pen, { area, window, drawn, labels, theme }: Scene, line?: Line): void {
  if (!labels.length) return;
  pen.font = LABEL;
  pen.fillStyle = theme.ink;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  const x = Float64Array.from(labels, (mark) => window.sx(mark.x) - area.left);
  const y = Float64Array.from(labels, (mark) => window.sy(mark.y) - area.top);
  const width = (mark: number) => pen.measureText(labels[mark].text).width;
  const taken = new Taken(area.width, area.height);
  if (line) takeLine(taken, line, area);
  for (const placed of placeLabels(x, y, width, drawn.radius, LABEL_HEIGHT, taken, MOST_LABELS)) {
    pen.fillText(labels[placed.mark].text, area.left + placed.x, area.top + placed.y + LABEL_HEIGHT / 2);
  }
}

function takeLine(taken: Taken, [[ax, ay], [bx, by]]: Line, area: Area): void {
  const steps = Math.ceil(Math.hypot(bx - ax, by - ay) / 4);
  for (let k = 0; k <= steps; k++) {
    const part = k / Math.max(1, steps);
    taken.take({
      x: ax + (bx - ax) * part - area.left - 2,
      y: ay + (by - ay) * part - area.top - 2,
      width: 4,
      height: 4,
    });
  }
}

function paintCaptions(pen: Pen, { area, captions, theme }: Scene): void {
  pen.font = LABEL;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  const left = area.width < NARROW ? 8 : area.left;
  captions.forEach((text, line) => {
    pen.fillStyle = line === 0 ? theme.ink : theme.faint;
    pen.fillText(text, left, 15 + 18 * line);
  });
}

function within({ left, top, width, height }: Area, x: number, y: number): boolean {
  return x >= left && y >= top && x <= left + width && y <= top + height;
}
