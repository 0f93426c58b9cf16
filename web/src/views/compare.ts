// A tanglegram, what differs marked.

import { theme } from "../colours";
import { choice, shown } from "../dom";
import type { Pen } from "../pen";
import { cameraOf, cameraText, Surface } from "../surface";
import { branches, type Lens, Strokes } from "../tree/draw";
import { type Layout, layout } from "../tree/layout";
import { inked, shadesOf } from "../tree/shades";
import { tangle, type Tangle } from "../tree/tangle";
import { type Topology, topologyOf } from "../tree/topology";
import type { App, OpenView, Table, View } from "../view";

const MIDDLE = 0.16;
const LINE = 11;
const NARROW = 700;
const FONT = "11px system-ui, sans-serif";

export const compare: View = {
  id: "compare",
  label: "Compare trees",
  has: (bundle) => bundle.manifest.trees.length > 1,
  open: (host, app) => new CompareView(host, app),
};

class CompareView implements OpenView {
  private readonly surface: Surface;
  private found!: Tangle;
  private sides!: [Layout, Layout];
  private rightRow = new Map<number, number>();
  private made = "";
  private pointed = -1;

  constructor(
    host: HTMLElement,
    private readonly app: App,
  ) {
    this.make();
    this.surface = new Surface(
      host,
      this.description(),
      {
        paint: (pen, width, height) => this.paint(pen, width, height),
        moved: (camera) => app.store.choose("compare.camera", cameraText(camera)),
        hover: (x, y) => this.hover(x, y),
        leave: () => this.point(-1),
        click: (_x, y) => this.app.open(this.modelAt(y)),
        key: (event) => this.key(event),
      },
      { even: false, wheel: "y", room: [12, 34, 12, 12], deepest: 200 },
    );
    this.update();
  }

  close(): void {
    this.app.hover();
    this.surface.close();
  }

  update(): void {
    this.make();
    this.surface.canvas.setAttribute("aria-label", this.description());
    const { zy, y } = cameraOf(this.app.store.setting("compare.camera"));
    this.surface.look({ zx: 1, x: 0.5, zy, y });
  }

  controls(): Node[] {
    const options = this.app.bundle.manifest.trees.map(
      (each, k) => [String(k), shown(each.label, 40)] as const,
    );
    const pick = (side: string) => (value: string) => this.app.store.choose(`compare.${side}`, value);
    const { distance, splits, crossings, shared } = this.found;
    const told = document.createElement("span");
    told.className = "note";
    told.textContent = `${shared} models in both · ${distance} of ${splits} splits in one tree only (Robinson-Foulds) · ${crossings.toLocaleString("en")} crossings left`;
    return [
      choice("Left", options, String(this.which("left", 0)), pick("left")),
      choice("Right", options, String(this.which("right", 1)), pick("right")),
      told,
    ];
  }

  table(): Table {
    const { left } = this.found;
    const models = Array.from(left.model.filter((model) => model >= 0));
    const place = new Map(models.map((model, k) => [model, k + 1]));
    const right = new Map<number, number>();
    this.found.right.model.forEach((model) => model >= 0 && right.set(model, right.size + 1));
    return {
      columns: [
        { label: "model", numeric: false },
        { label: "place on the left", numeric: true },
        { label: "place on the right", numeric: true },
        { label: "moved by", numeric: true },
      ],
      rows: models.length,
      cell: (row, column) => {
        const model = models[row];
        const [a, b] = [place.get(model)!, right.get(model)!];
        return [this.app.bundle.name(model), a, b, Math.abs(a - b)][column];
      },
      model: (row) => models[row],
    };
  }

  paint(pen: Pen, width: number, height: number): void {
    const colours = theme();
    if (!this.found.shared) {
      pen.fillStyle = colours.ink;
      pen.font = FONT;
      pen.textAlign = "center";
      return pen.fillText("These two trees have no model in common.", width / 2, height / 2);
    }
    this.paintSide(pen, this.found.left, this.sides[0], this.found.leftOnly, this.lens(width, height, false));
    this.paintSide(
      pen,
      this.found.right,
      this.sides[1],
      this.found.rightOnly,
      this.lens(width, height, true),
    );
    this.paintTies(pen, width, height);
    pen.font = `600 ${FONT}`;
    pen.fillStyle = colours.ink;
    pen.textBaseline = "middle";
    const { trees } = this.app.bundle.manifest;
    [trees[this.which("left", 0)], trees[this.which("right", 1)]].forEach((each, k) => {
      pen.textAlign = k ? "right" : "left";
      pen.fillText(shown(each.label, 40), k ? width - 12 : 12, 14);
    });
    if (width < NARROW) return;
    pen.textAlign = "center";
    pen.font = FONT;
    pen.fillStyle = colours.mark;
    pen.fillText("thick: splits the other tree hasn't", width / 2, 14);
  }

  private make(): void {
    const { trees } = this.app.bundle.manifest;
    const [a, b] = [this.which("left", 0), this.which("right", 1)];
    if (this.made === `${a} ${b}`) return;
    this.made = `${a} ${b}`;
    this.found = tangle(topologyOf(this.app.bundle, trees[a]), topologyOf(this.app.bundle, trees[b]));
    const laid = (tree: Topology) =>
      layout(tree, { shape: "rectangular", even: false, collapsed: new Set() });
    this.sides = [laid(this.found.left), laid(this.found.right)];
    this.rightRow = new Map(
      Array.from(this.sides[1].tips, (node) => [this.found.right.model[node], this.sides[1].row[node]]),
    );
  }

  private which(side: string, otherwise: number): number {
    const wanted = Number(this.app.store.setting(`compare.${side}`, String(otherwise)));
    return wanted in this.app.bundle.manifest.trees ? wanted : otherwise;
  }

  private description(): string {
    return `Two trees of ${this.found.shared} models as a tanglegram; ${this.found.distance} of ${this.found.splits} splits are in one of them only. The brackets step over the models, Enter opens one.`;
  }

  /** Each tree has two fifths of the width, the right one mirrored. */
  private lens(width: number, height: number, mirrored: boolean): Lens {
    const wide = width * (0.5 - MIDDLE) - 90;
    const sx = mirrored ? (x: number) => width - 12 - x * wide : (x: number) => 12 + x * wide;
    return { sx, sy: (y) => this.surface.sy(y), scaleX: wide, scaleY: this.surface.scaleY(), width, height };
  }

  private paintSide(pen: Pen, tree: Topology, at: Layout, only: Uint8Array, lens: Lens): void {
    const colours = theme();
    const shade = shadesOf(tree, this.app.colours, this.app.passing);
    const [plain, marked] = [new Strokes(), new Strokes()];
    branches(tree, at, lens, shade, plain);
    plain.flush(pen, (each) => inked(each, this.app.colours, colours), 1.1);
    only.forEach((odd, node) => {
      if (!odd) return;
      const y = lens.sy(at.row[node]);
      if (y > 0 && y < lens.height)
        marked.line(0, lens.sx(at.depth[tree.parent[node]]), y, lens.sx(at.depth[node]), y);
    });
    marked.flush(pen, () => colours.mark, 3);
  }

  private paintTies(pen: Pen, width: number, height: number): void {
    const [left, right] = [this.lens(width, height, false), this.lens(width, height, true)];
    const colours = theme();
    const [from, to] = [left.sx(1) + 6, right.sx(1) - 6];
    const [inner, outer] = [width * (0.5 - MIDDLE) + 70, width * (0.5 + MIDDLE) - 70];
    const room = Math.max(6, Math.floor((inner - from) / 6.2));
    const [at] = this.sides;
    const named = [-Infinity, -Infinity];
    pen.textBaseline = "middle";
    for (const node of at.tips) {
      const model = this.found.left.model[node];
      const [y, z] = [left.sy(at.row[node]), right.sy(this.rightRow.get(model)!)];
      if (Math.max(y, z) < 20 || Math.min(y, z) > height) continue;
      this.tie(pen, model, [inner, y, outer, z]);
      pen.font = FONT;
      pen.fillStyle = this.app.selected[model] ? colours.mark : colours.ink;
      if (y - named[0] >= LINE && y > 24) {
        pen.textAlign = "left";
        pen.fillText(shown(this.app.bundle.name(model), room), from, y);
        named[0] = y;
      }
    }
    for (const node of this.sides[1].tips) {
      const z = right.sy(this.sides[1].row[node]);
      if (z - named[1] < LINE || z < 24 || z > height) continue;
      const model = this.found.right.model[node];
      pen.fillStyle = this.app.selected[model] ? colours.mark : colours.ink;
      pen.textAlign = "right";
      pen.fillText(shown(this.app.bundle.name(model), room), to, z);
      named[1] = z;
    }
  }

  private tie(pen: Pen, model: number, [x, y, u, v]: [number, number, number, number]): void {
    const marked = model === this.pointed || this.app.selected[model] === 1;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(u, v);
    pen.strokeStyle = marked ? theme().mark : this.app.colours.of(model);
    pen.globalAlpha = marked ? 1 : this.app.passing && !this.app.passing[model] ? 0.1 : 0.55;
    pen.lineWidth = marked ? 2 : 1;
    pen.stroke();
    pen.globalAlpha = 1;
  }

  private modelAt(y: number): number {
    const [at] = this.sides;
    const place = Math.floor(this.surface.wy(y) * at.tips.length);
    return place >= 0 && place < at.tips.length ? this.found.left.model[at.tips[place]] : -1;
  }

  private hover(x: number, y: number): void {
    this.point(this.modelAt(y), x, y);
  }

  private point(model: number, x = 0, y = 0): void {
    if (model !== this.pointed) this.surface.draw();
    this.pointed = model;
    if (model < 0) return this.app.hover();
    const box = this.surface.canvas.getBoundingClientRect();
    this.app.hover({ x: box.left + x, y: box.top + y, model });
  }

  private key(event: KeyboardEvent): boolean {
    const step = { "]": 1, "[": -1 }[event.key];
    const order = Array.from(this.sides[0].tips, (node) => this.found.left.model[node]);
    if (event.key === "Enter" && this.pointed >= 0) this.app.open(this.pointed);
    else if (step) {
      const next = Math.min(order.length - 1, Math.max(0, order.indexOf(this.pointed) + step));
      this.pointed = order[next];
      this.app.say(this.app.bundle.name(this.pointed));
      this.surface.draw();
    } else return false;
    return true;
  }
}
