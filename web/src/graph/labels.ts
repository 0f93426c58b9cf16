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

/** A disc that labels keep clear of. */
export interface Disc {
  mark: number;
  x: number;
  y: number;
  radius: number;
}

const GAP = 4;

/** As many as fit, in the order given; each right of its mark or, where that is taken, left, below or above. */
export function placed(wishes: Iterable<Wish>, room: Room, discs: readonly Disc[] = []): Label[] {
  const done: Label[] = [];
  for (const wish of wishes) {
    if (done.length >= room.most) break;
    const label = around(wish, room.line).find(
      (each) => within(each, room) && clear(each, done, discs, room.line),
    );
    if (label) done.push(label);
  }
  return done;
}

function around({ mark, text, width, x, y, radius }: Wish, line: number): Label[] {
  const beside = radius + GAP;
  const below = radius + line / 2 + 1;
  const places = [
    [x + beside, y],
    [x - beside - width, y],
    [x - width / 2, y + below],
    [x - width / 2, y - below],
  ];
  return places.map(([left, middle]) => ({ mark, text, width, x: left, y: middle }));
}

function clear(label: Label, done: readonly Label[], discs: readonly Disc[], line: number): boolean {
  return (
    !done.some((other) => overlap(label, other, line)) &&
    !discs.some((disc) => disc.mark !== label.mark && covers(label, disc, line))
  );
}

export function overlap(a: Label, b: Label, line: number): boolean {
  return Math.abs(a.y - b.y) < line && a.x < b.x + b.width + GAP && b.x < a.x + a.width + GAP;
}

function covers(label: Label, { x, y, radius }: Disc, line: number): boolean {
  return (
    Math.abs(label.y - y) < line / 2 + radius - 1 &&
    x + radius > label.x &&
    x - radius < label.x + label.width
  );
}

function within({ x, y, width }: Label, room: Room): boolean {
  return x >= 2 && x + width <= room.width - 2 && y >= room.line / 2 && y <= room.height - room.line / 2;
}
