// Viridis (van der Walt and Smith, CC0): even to the eye, also without red or green, or printed grey.

import { rgb } from "../colours";
import { UNKNOWN } from "./square";

const STEPS = [
  "#440154",
  "#482878",
  "#3e4a89",
  "#31688e",
  "#26828e",
  "#1f9e89",
  "#35b779",
  "#6ece58",
  "#b5de2b",
  "#fde725",
].map(rgb);
const UNKNOWN_COLOUR = [128, 128, 128] as const;

/** The colour of a part of the way from low to high, 0 to 1. */
export function shadeOf(part: number): readonly [number, number, number] {
  const at = Math.min(1, Math.max(0, part)) * (STEPS.length - 1);
  const k = Math.min(STEPS.length - 2, Math.floor(at));
  const mixed = STEPS[k].map((value, c) => Math.round(value + (STEPS[k + 1][c] - value) * (at - k)));
  return [mixed[0], mixed[1], mixed[2]];
}

export function colourOf(value: number): readonly [number, number, number] {
  return value === UNKNOWN ? UNKNOWN_COLOUR : shadeOf(value / (UNKNOWN - 1));
}

export function css([red, green, blue]: readonly [number, number, number]): string {
  return `rgb(${red},${green},${blue})`;
}
