// A line cut at the rims of an area (Liang and Barsky).

import type { Area } from "./axes";

type Place = readonly [x: number, y: number];
export type Line = readonly [Place, Place];

/** The part of a line inside; undefined where none is. */
export function clipped([ax, ay]: Place, [bx, by]: Place, area: Area): Line | undefined {
  const [dx, dy] = [bx - ax, by - ay];
  const right = area.left + area.width;
  const bottom = area.top + area.height;
  let [from, to] = [0, 1];
  for (const [step, room] of [
    [-dx, ax - area.left],
    [dx, right - ax],
    [-dy, ay - area.top],
    [dy, bottom - ay],
  ]) {
    if (step === 0 && room < 0) return undefined;
    if (step < 0) from = Math.max(from, room / step);
    if (step > 0) to = Math.min(to, room / step);
  }
  if (from > to) return undefined;
  return [
    [ax + from * dx, ay + from * dy],
    [ax + to * dx, ay + to * dy],
  ];
}
