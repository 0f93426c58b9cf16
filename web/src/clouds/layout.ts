// Where the words of a cloud go: the same for the same words and room, whenever and wherever it is laid out.

import cloud from "d3-cloud";
import { shown } from "../dom";

export interface Cloud {
  words: readonly string[];
  weights: readonly number[];
}

/** A word at its middle (x) and on its baseline (y), in pixels from the upper left; rank: its place in the cloud. */
export interface Placed {
  rank: number;
  text: string;
  x: number;
  y: number;
  size: number;
}

export const FONT = "sans-serif";
const LONGEST_WORD = 30;
const LEAST_SIZE = 10;
/** Width of a letter as a share of its height, about. */
const LETTER = 0.62;
const TRIES = 7;
const SHRINK = 0.84;

/** Numbers from 0 to 1, always the same ones for a seed (the generator mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Font sizes: areas follow weights, and the widest word fits the room. */
export function sizes(
  texts: readonly string[],
  weights: readonly number[],
  width: number,
  height: number,
): number[] {
  const heaviest = Math.max(...weights.filter(Number.isFinite), 0) || 1;
  const shares = texts.map((_, k) => Math.sqrt(Math.max(0, weights[k] || 0) / heaviest));
  const ink = texts.reduce((sum, text, k) => sum + text.length * LETTER * shares[k] ** 2, 0) || 1;
  const byRoom = Math.sqrt((0.5 * width * height) / ink);
  const byWidth = Math.min(
    ...texts.map((text, k) => (0.92 * width) / (text.length * LETTER * Math.max(shares[k], 0.01))),
  );
  const largest = Math.min(byRoom, byWidth, 0.42 * height);
  return shares.map((share) => Math.max(LEAST_SIZE, largest * share));
}

/** A cloud's words without overlap; smaller until all fit, at last without those that don't. */
export function laidOut(
  { words, weights }: Cloud,
  width: number,
  height: number,
  canvas?: () => HTMLCanvasElement,
): Placed[] {
  const texts = words.map((word) => shown(word, LONGEST_WORD));
  if (!texts.length || width < 20 || height < 20) return [];
  const wanted = sizes(texts, weights, width, height);
  let best: Placed[] = [];
  for (let k = 0, share = 1; k < TRIES; k++, share *= SHRINK) {
    const placed = attempt(
      texts,
      wanted.map((size) => Math.max(LEAST_SIZE, size * share)),
      width,
      height,
      canvas,
    );
    if (placed.length > best.length) best = placed;
    if (best.length === texts.length) break;
  }
  return best;
}

function attempt(
  texts: string[],
  fontSizes: number[],
  width: number,
  height: number,
  canvas?: () => HTMLCanvasElement,
): Placed[] {
  const random = seeded(texts.length * 7919 + texts[0].length);
  const words = texts.map((text, rank) => ({ text, rank, size: fontSizes[rank] }));
  const found: Placed[] = [];
  const layout = cloud<(typeof words)[number] & cloud.Word>()
    .size([Math.floor(width), Math.floor(height)])
    .words(words)
    .font(FONT)
    .fontWeight("600")
    .fontSize((word) => word.size)
    .rotate(0)
    .padding((word) => 2 + word.size / 14)
    .random(random)
    .on("end", (placed) => {
      for (const { rank, text, x = 0, y = 0, size } of placed) {
        found.push({ rank, text: text ?? "", x: x + width / 2, y: y + height / 2, size });
      }
    });
  if (canvas) layout.canvas(canvas);
  layout.start();
  return found.sort((a, b) => a.rank - b.rank);
}
