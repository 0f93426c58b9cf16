// Bars drawn with a pen: labels left, bars from zero, numbers at their ends; and columns over months.

import { short } from "../bundle";
import type { Theme } from "../colours";
import { shown } from "../dom";
import type { Ink } from "./scaled";

export interface Bars {
  labels: readonly string[];
  values: readonly number[];
}

export interface Box {
  x: number;
  y: number;
  width: number;
}

export const ROW = 22;
export const HEAD = 30;
const FONT = "sans-serif";
const NUMBER_ROOM = 58;
/** A row is a label, a bar, a number. */
const PARTS = 3;
const COLUMNS_HEIGHT = 170;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** Whether labels are months: then they go from left to right. */
export function overTime(labels: readonly string[]): boolean {
  return labels.length > 2 && labels.every((label) => MONTH.test(label));
}

/** Every month from the first to the last; 0 for those nothing is said of. */
export function months({ labels, values }: Bars): { labels: string[]; values: number[] } {
  const known = new Map(labels.map((label, k) => [label, values[k]]));
  const [first, last] = [labels.reduce((a, b) => (b < a ? b : a)), labels.reduce((a, b) => (b > a ? b : a))];
  const all: string[] = [];
  for (let at = first; at <= last; at = next(at)) all.push(at);
  return { labels: all, values: all.map((label) => known.get(label) ?? 0) };
}

function next(month: string): string {
  const [year, of] = month.split("-").map(Number);
  return of === 12 ? `${year + 1}-01` : `${year}-${String(of + 1).padStart(2, "0")}`;
}

/** Marks of an axis from 0, three to six of them, at 1, 2 or 5 times a power of ten. */
export function ticks(most: number): number[] {
  if (!(most > 0)) return [0];
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((each) => each >= rough) ?? 10 * power;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, k) => k * step);
}

/** A text cut with "…" to a width. measure: of a text, in the same unit. */
export function cut(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${text.slice(0, middle)}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}

/** A number at a bar's end. */
export function told(value: number): string {
  return Number.isFinite(value) ? short(value) : "unknown";
}

export function height(bars: Bars): number {
  return overTime(bars.labels) ? COLUMNS_HEIGHT : bars.labels.length * ROW;
}

/** Either form, by the labels. Returns the height used. */
export function paint(pen: Ink, bars: Bars, box: Box, theme: Theme, colour: string): number {
  if (overTime(bars.labels)) paintMonths(pen, months(bars), box, theme, colour);
  else paintRows(pen, bars, box, theme, colour);
  return height(bars);
}

function paintRows(
  pen: Ink,
  { labels, values }: Bars,
  { x, y, width }: Box,
  theme: Theme,
  colour: string,
): void {
  pen.font = `13px ${FONT}`;
  const measure = (text: string) => pen.measureText(text).width;
  const texts = labels.map((label) => shown(label, 60) || "not said");
  const room = Math.min(width * 0.42, Math.max(0, ...texts.map(measure)));
  const full = Math.max(1, width - room - 10 - NUMBER_ROOM);
  const most = Math.max(...values.filter(Number.isFinite), 0) || 1;
  pen.textBaseline = "middle";
  texts.forEach((text, k) => {
    const middle = y + k * ROW + ROW / 2;
    const length = Math.max(1, (full * Math.max(0, values[k] || 0)) / most);
    pen.fillStyle = theme.ink;
    pen.textAlign = "right";
    pen.fillText(cut(text, room, measure), x + room, middle);
    pen.fillStyle = colour;
    pen.fillRect(x + room + 10, middle - 7, length, 14);
    pen.fillStyle = theme.faint;
    pen.textAlign = "start";
    pen.fillText(told(values[k]), x + room + 15 + length, middle);
  });
}

/** Whole labels as tooltips of the rows' cut ones. root: what `paint` drew into, with nothing else. */
export function titled(root: SVGSVGElement, labels: readonly string[]): void {
  labels.forEach((label, k) => {
    const title = document.createElementNS(root.namespaceURI, "title");
    title.textContent = shown(label);
    root.children[k * PARTS]?.append(title);
  });
}

function paintMonths(
  pen: Ink,
  { labels, values }: Bars,
  { x, y, width }: Box,
  theme: Theme,
  colour: string,
): void {
  const most = Math.max(...values.filter(Number.isFinite), 0) || 1;
  const [left, tall] = [44, COLUMNS_HEIGHT - 30];
  const step = (width - left) / labels.length;
  const floor = y + 8 + tall;
  pen.font = `11px ${FONT}`;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const mark of ticks(most)) {
    const at = floor - (tall * mark) / most;
    pen.fillStyle = theme.line;
    pen.fillRect(x + left, at - 0.5, width - left, 1);
    pen.fillStyle = theme.faint;
    pen.fillText(told(mark), x + left - 6, at);
  }
  values.forEach((value, k) => {
    const length = (tall * Math.max(0, value || 0)) / most;
    pen.fillStyle = colour;
    pen.fillRect(x + left + k * step + 0.1 * step, floor - length, 0.8 * step, length);
  });
  paintYears(pen, labels, x + left, step, floor, theme);
}

/** Years below their January; months themselves where there is no January but the first. */
function paintYears(
  pen: Ink,
  labels: readonly string[],
  left: number,
  step: number,
  floor: number,
  theme: Theme,
): void {
  pen.fillStyle = theme.faint;
  pen.textAlign = "start";
  let free = -Infinity;
  labels.forEach((label, k) => {
    const at = left + k * step;
    const starts = label.endsWith("-01");
    if ((!starts && k > 0) || at < free) return;
    const later = labels.findIndex((each, j) => j > k && each.endsWith("-01"));
    if (k === 0 && !starts && later > 0 && later * step < 52) return;
    pen.fillRect(at, floor, 1, 6);
    pen.fillText(starts ? label.slice(0, 4) : label, at + 3, floor + 12);
    free = at + 48;
  });
}
