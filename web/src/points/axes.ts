// A frame with named axes around points.

import { day, short } from "../bundle";
import type { Theme } from "../colours";
import type { Pen } from "../pen";
import { type Scale, place, ticks } from "./scale";

export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Axis {
  label: string;
  scale: Scale;
  dates: boolean;
}

/** From places of the unit square to pixels and back. */
export interface Window {
  sx(x: number): number;
  sy(y: number): number;
  wx(x: number): number;
  wy(y: number): number;
}

const FONT = "12px system-ui, sans-serif";
const BOLD = "600 13px system-ui, sans-serif";
const TICK_ROOM = { x: 90, y: 56 };
const TICK_APART = { x: 34, y: 16 };

/** Lines at round numbers, below the points. */
export function paintGrid(
  pen: Pen,
  area: Area,
  axes: readonly [Axis, Axis],
  window: Window,
  theme: Theme,
): void {
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const { at } of marks(area, axes[0], window, "x")) {
    pen.moveTo(at, area.top);
    pen.lineTo(at, area.top + area.height);
  }
  for (const { at } of marks(area, axes[1], window, "y")) {
    pen.moveTo(area.left, at);
    pen.lineTo(area.left + area.width, at);
  }
  pen.stroke();
}

/** The numbers at the lines, and what they are. */
export function paintAxes(
  pen: Pen,
  area: Area,
  axes: readonly [Axis, Axis],
  window: Window,
  theme: Theme,
): void {
  const [bottom, right] = [area.top + area.height, area.left + area.width];
  pen.strokeStyle = theme.faint;
  pen.lineWidth = 1;
  pen.strokeRect(area.left - 0.5, area.top - 0.5, area.width + 1, area.height + 1);
  pen.font = FONT;
  pen.fillStyle = theme.faint;
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (const { at, text } of marks(area, axes[0], window, "x")) pen.fillText(text, at, bottom + 6);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const { at, text } of marks(area, axes[1], window, "y")) pen.fillText(text, area.left - 7, at);
  pen.font = BOLD;
  pen.fillStyle = theme.ink;
  pen.textBaseline = "top";
  pen.textAlign = "center";
  pen.fillText(axes[0].label, (area.left + right) / 2, bottom + 24);
  pen.save();
  pen.translate(13, (area.top + bottom) / 2);
  pen.rotate(-Math.PI / 2);
  pen.textBaseline = "middle";
  pen.fillText(axes[1].label, 0, 0);
  pen.restore();
}

function marks(area: Area, axis: Axis, window: Window, way: "x" | "y"): { at: number; text: string }[] {
  const across = way === "x";
  const size = across ? area.width : area.height;
  const most = Math.max(2, Math.floor(size / TICK_ROOM[way]));
  const [from, to] = across
    ? [window.wx(area.left), window.wx(area.left + area.width)]
    : [1 - window.wy(area.top + area.height), 1 - window.wy(area.top)];
  const found = ticks(axis.scale, from, to, most).map((value) => {
    const world = place(axis.scale, value);
    const at = Math.round(across ? window.sx(world) : window.sy(1 - world)) + 0.5;
    return { at, text: axis.dates ? day(value) : short(value) };
  });
  let last = Infinity;
  return found.filter(({ at }) => {
    const room = Math.abs(at - last) >= TICK_APART[way];
    if (room) last = at;
    return room;
  });
}
