// Which model is under the pointer.

import Flatbush from "flatbush";
import type { Surface } from "../surface";

const REACH = 9;

/** An index over places in the unit square; models without a place are put out of reach. */
export function indexOf(x: Float32Array, y: Float32Array): Flatbush {
  const index = new Flatbush(Math.max(1, x.length), 16, Float32Array);
  for (let m = 0; m < Math.max(1, x.length); m++) {
    const nowhere = !(x[m] === x[m] && y[m] === y[m]);
    index.add(nowhere ? -9 : x[m], nowhere ? -9 : y[m]);
  }
  index.finish();
  return index;
}

/** The nearest shown model within reach of a place on the canvas; -1 where there is none. */
export function pick(
  index: Flatbush,
  surface: Pick<Surface, "wx" | "wy" | "scaleX">,
  shows: Uint8Array,
  x: number,
  y: number,
): number {
  const reach = REACH / surface.scaleX();
  const [found = -1] = index.neighbors(surface.wx(x), surface.wy(y), 1, reach, (m) => shows[m] === 1);
  return found;
}
