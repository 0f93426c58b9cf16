// All cards on one sheet: as large as fits, and nothing left out.

import type { Theme } from "../colours";
import { shown } from "../dom";
import { height, paint } from "./bars";
import { type Card, flow } from "./cards";
import { type Ink, Scaled } from "./scaled";
import { wrapped } from "./wrap";

export interface Coloured {
  card: Card;
  colour: string;
}

const GAP = 24;
const WIDEST = 380;
const NARROWEST = 240;
const LINE = 17;
const TITLE_LINE = 20;
const UNDER_TITLE = 6;
const SMALLER = 1.06;
const MOST_STEPS = 80;
const TITLE_FONT = "600 14px sans-serif";
const NOTE_FONT = "12px sans-serif";

interface Laid {
  columns: number;
  /** Of one card. */
  width: number;
  scale: number;
  places: { column: number; y: number }[];
}

/** The largest scale, from 1 down, at which all cards fit, with the fewest columns. heights: of cards of a width. */
export function laidOut(heights: (width: number) => number[], width: number, tall: number): Laid {
  let laid: Laid | undefined;
  for (let step = 0; step < MOST_STEPS; step++) {
    const scale = SMALLER ** -step;
    const [across, down] = [width / scale, tall / scale];
    const most = Math.max(1, Math.floor((across - GAP) / (NARROWEST + GAP)));
    for (let columns = Math.max(1, Math.floor((across - GAP) / (WIDEST + GAP))); columns <= most; columns++) {
      const each = (across - GAP * (columns + 1)) / columns;
      const flowed = flow(heights(each), columns, GAP);
      laid = { columns, width: each, scale, places: flowed.places };
      if (flowed.height + GAP <= down) return laid;
    }
  }
  return laid!;
}

/** All cards within a width and height. */
export function paintSheet(
  pen: Ink,
  cards: readonly Coloured[],
  width: number,
  tall: number,
  theme: Theme,
): void {
  const heights = (each: number) => cards.map(({ card }) => heightOf(pen, card, each));
  const { scale, places, width: each } = laidOut(heights, width, tall);
  const scaled = new Scaled(pen, scale);
  places.forEach(({ column, y }, k) => {
    paintCard(scaled, cards[k], { x: GAP + column * (each + GAP), y: GAP + y, width: each }, theme);
  });
}

function linesOf(pen: Ink, text: string, font: string, width: number): string[] {
  pen.font = font;
  return wrapped(shown(text, 2000), width, (part) => pen.measureText(part).width);
}

function heightOf(pen: Ink, card: Card, width: number): number {
  const notes = card.sentences.reduce(
    (sum, sentence) => sum + linesOf(pen, sentence, NOTE_FONT, width).length,
    0,
  );
  return (
    linesOf(pen, card.title, TITLE_FONT, width).length * TITLE_LINE +
    UNDER_TITLE +
    height(card) +
    notes * LINE
  );
}

function paintCard(
  pen: Ink,
  { card, colour }: Coloured,
  { x, y, width }: { x: number; y: number; width: number },
  theme: Theme,
): void {
  let at = y;
  const write = (text: string, font: string, line: number, ink: string) => {
    const lines = linesOf(pen, text, font, width);
    pen.textAlign = "start";
    pen.textBaseline = "middle";
    pen.fillStyle = ink;
    for (const each of lines) {
      pen.fillText(each, x, at + line / 2);
      at += line;
    }
  };
  write(card.title, TITLE_FONT, TITLE_LINE, theme.ink);
  at += UNDER_TITLE;
  at += paint(pen, card, { x, y: at, width }, theme, colour);
  for (const sentence of card.sentences) write(sentence, NOTE_FONT, LINE, theme.faint);
}
