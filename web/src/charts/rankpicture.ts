// The ranked scores drawn: names, dots and intervals, numbers, an axis.

import { short } from "../bundle";
import type { Theme } from "../colours";
import { shown } from "../dom";
import type { Pen } from "../pen";
import type { Window } from "../points/axes";
import { place, type Scale, ticks } from "../points/scale";
import { cut } from "./bars";
import { between, decimals, everyRow, middle, percent, type Row } from "./ranking";

export interface RankScene {
  rows: readonly Row[];
  scale: Scale;
  benchmark: string;
  level: number;
  /** The row the pointer or the keys are at; -1 for none. */
  pointed: number;
  name(model: number): string;
  colour(model: number): string;
  selected(model: number): boolean;
}

/** Where the unit square of the rows is, and what of it is in sight. */
export interface RankWindow extends Window {
  left: number;
  top: number;
  right: number;
  bottom: number;
  width: number;
  height: number;
}

const FONT = "12.5px system-ui, sans-serif";
const SMALL = "12px system-ui, sans-serif";
const BOLD = "600 13px system-ui, sans-serif";
const NAME_HEIGHT = 15;
const TICK_ROOM = 48;

export function paintRanking(pen: Pen, scene: RankScene, at: RankWindow, theme: Theme): void {
  const marks = ticks(
    scene.scale,
    at.wx(at.left),
    at.wx(at.right),
    Math.max(2, Math.floor((at.right - at.left) / TICK_ROOM)),
  ).map((value) => ({ value, x: Math.round(at.sx(place(scene.scale, value))) + 0.5 }));
  paintLines(pen, marks, at, theme);
  const rowHeight = Math.abs(at.sy(1) - at.sy(0)) / Math.max(1, scene.rows.length);
  const [first, end] = between(at.wy(at.top), at.wy(at.bottom), scene.rows.length);
  for (let row = first; row < end; row++) paintRow(pen, scene, row, rowHeight, at, theme);
  paintTexts(pen, scene, [first, end], rowHeight, at, theme);
  cover(pen, at, theme);
  paintAxis(pen, scene, marks, at, theme);
  paintKey(pen, scene, at, theme);
}

function paintLines(pen: Pen, marks: readonly { x: number }[], at: RankWindow, theme: Theme): void {
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const { x } of marks) {
    pen.moveTo(x, at.top);
    pen.lineTo(x, at.bottom);
  }
  pen.stroke();
}

function paintRow(
  pen: Pen,
  scene: RankScene,
  k: number,
  rowHeight: number,
  at: RankWindow,
  theme: Theme,
): void {
  const row = scene.rows[k];
  const y = at.sy(middle(k, scene.rows.length));
  const colour = scene.colour(row.model);
  const x = at.sx(place(scene.scale, row.value));
  if (k === scene.pointed && rowHeight > 3) {
    pen.fillStyle = theme.line;
    pen.globalAlpha = 0.5;
    pen.fillRect(0, y - rowHeight / 2, at.width, rowHeight);
    pen.globalAlpha = 1;
  }
  const within = (value: number) => Math.min(at.right, Math.max(at.left, at.sx(place(scene.scale, value))));
  if (row.forecast && row.low <= row.high) {
    const thick = Math.min(3, Math.max(0.7, rowHeight * 0.18));
    const from = within(row.low);
    pen.fillStyle = colour;
    pen.globalAlpha = rowHeight < 2 ? 0.35 : 0.6;
    pen.fillRect(from, y - thick / 2, within(row.high) - from, thick);
    pen.globalAlpha = 1;
  }
  const size = Math.min(5, Math.max(1.8, rowHeight * 0.3));
  if (x >= at.left - size && x <= at.right + size)
    paintDot(pen, { x, y, size, colour, open: row.forecast }, theme);
  const ring = scene.selected(row.model) ? size + 3 : k === scene.pointed ? size + 4 : 0;
  if (ring && x >= at.left && x <= at.right)
    paintRing(pen, x, y, ring, k === scene.pointed ? theme.ink : theme.mark);
}

function paintDot(
  pen: Pen,
  dot: { x: number; y: number; size: number; colour: string; open: boolean },
  theme: Theme,
): void {
  pen.beginPath();
  pen.arc(dot.x, dot.y, dot.size, 0, 2 * Math.PI);
  pen.fillStyle = dot.open ? theme.paper : dot.colour;
  pen.fill();
  pen.strokeStyle = dot.colour;
  pen.lineWidth = dot.size > 3 ? 1.8 : 1;
  pen.stroke();
}

function paintRing(pen: Pen, x: number, y: number, size: number, colour: string): void {
  pen.beginPath();
  pen.arc(x, y, size, 0, 2 * Math.PI);
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.stroke();
}

/** Names to the left, numbers to the right, of as many rows as there is room for. */
function paintTexts(
  pen: Pen,
  scene: RankScene,
  [first, end]: [number, number],
  rowHeight: number,
  at: RankWindow,
  theme: Theme,
): void {
  pen.font = FONT;
  pen.textBaseline = "middle";
  const measure = (text: string) => pen.measureText(text).width;
  const every = everyRow(rowHeight, NAME_HEIGHT);
  const digits = decimals(scene.scale);
  const widest = scene.scale.high.toFixed(digits);
  const wide = at.right + 26 + measure(`${widest}${widest} to ${widest}`) < at.width;
  for (let k = Math.ceil(first / every) * every; k < end; k += every) {
    const row = scene.rows[k];
    const y = at.sy(middle(k, scene.rows.length));
    if (y < at.top || y > at.bottom) continue; // else half a name would be seen
    pen.textAlign = "right";
    pen.fillStyle = scene.selected(row.model) ? theme.mark : theme.ink;
    pen.fillText(cut(shown(scene.name(row.model), 100), at.left - 18, measure), at.left - 10, y);
    pen.textAlign = "start";
    pen.fillStyle = theme.faint;
    pen.fillText(row.value.toFixed(digits), at.right + 10, y);
    const bounds = `${row.low.toFixed(digits)} to ${row.high.toFixed(digits)}`;
    if (wide && row.forecast && row.low <= row.high) pen.fillText(bounds, at.right + 20 + measure(widest), y);
  }
}

/** Rows end where the axis and the key begin; a name beside the first or last row may stand out by half. */
function cover(pen: Pen, at: RankWindow, theme: Theme): void {
  pen.fillStyle = theme.paper;
  const half = NAME_HEIGHT / 2;
  pen.fillRect(0, 0, at.width, at.top - half);
  pen.fillRect(at.left, at.bottom, at.right - at.left, half);
  pen.fillRect(0, at.bottom + half, at.width, at.height - at.bottom);
}

function paintAxis(
  pen: Pen,
  scene: RankScene,
  marks: readonly { value: number; x: number }[],
  at: RankWindow,
  theme: Theme,
): void {
  pen.fillStyle = theme.faint;
  pen.fillRect(at.left, at.bottom, at.right - at.left, 1);
  pen.font = SMALL;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const { value, x } of marks) {
    if (x < at.left || x > at.right) continue;
    pen.fillRect(x - 0.5, at.bottom, 1, 5);
    pen.fillText(short(value), x, at.bottom + 14);
  }
  pen.font = BOLD;
  pen.fillStyle = theme.ink;
  const title = cut(shown(scene.benchmark, 100), at.right - at.left, (text) => pen.measureText(text).width);
  pen.fillText(title, (at.left + at.right) / 2, at.bottom + 33);
}

/** What full and open dots are, how many there are, and the level of the intervals. */
function paintKey(pen: Pen, { rows, level }: RankScene, at: RankWindow, theme: Theme): void {
  const forecasts = rows.filter((row) => row.forecast).length;
  const [many, y] = [(count: number) => count.toLocaleString("en"), at.top / 2];
  let x = 20;
  pen.font = SMALL;
  pen.textAlign = "start";
  pen.textBaseline = "middle";
  const text = (said: string) => {
    pen.fillStyle = theme.ink;
    pen.fillText(said, x, y);
    x += pen.measureText(said).width + 24;
  };
  const dot = (open: boolean) => paintDot(pen, { x, y, size: 4.5, colour: theme.faint, open }, theme);
  if (rows.length > forecasts) {
    dot(false);
    x += 11;
    text(`${many(rows.length - forecasts)} known`);
  }
  if (!forecasts) return;
  pen.fillStyle = theme.faint;
  pen.fillRect(x - 6, y - 1, 28, 2);
  x += 8;
  dot(true);
  x += 20;
  text(`${many(forecasts)} forecast, with ${percent(level)} intervals`);
}
