// Labels that never overlap: the more important ones first, each where there is room.

export interface Label {
  /** Which mark it names. */
  mark: number;
  text: string;
  /** Left end and middle height of the text. */
  x: number;
  y: number;
  width: number;
}

export interface Room {
  width: number;
  height: number;
  /** Height of a line of text, in pixels. */
  line: number;
  most: number;
}

interface Wish {
  mark: number;
  text: string;
  width: number;
  /** The mark's middle and its radius. */
  x: number;
  y: number;
  radius: number;
}

const GAP = 4;

/** As many as fit, in the order given; each right of its mark, or left of it where that is taken. */
export function placed(wishes: Iterable<Wish>, room: Room): Label[] {
  const done: Label[] = [];
  for (const wish of wishes) {
    if (done.length >= room.most) break;
    const beside = wish.radius + GAP;
    for (const x of [wish.x + beside, wish.x - beside - wish.width]) {
      const label = { mark: wish.mark, text: wish.text, x, y: wish.y, width: wish.width };
      if (!within(label, room) || done.some((other) => overlap(label, other, room.line))) continue;
      done.push(label);
      break;
    }
  }
  return done;
}

export function overlap(a: Label, b: Label, line: number): boolean {
  return Math.abs(a.y - b.y) < line && a.x < b.x + b.width + GAP && b.x < a.x + a.width + GAP;
}

function within({ x, y, width }: Label, room: Room): boolean {
  return x >= 2 && x + width <= room.width - 2 && y >= room.line / 2 && y <= room.height - room.line / 2;
}
