// All pairs of models as cells, with the tree at their side.

import "./heatmap.css";
import { short } from "../bundle";
import { theme } from "../colours";
import { choice, h, shown } from "../dom";
import { Arrangement } from "../heatmap/arrangement";
import { STRIP, type Scene, paintHeatmap } from "../heatmap/picture";
import { type Plot, type Room, cellAt, plotOf } from "../heatmap/scene";
import { type Pairs, type Run, nearestPairs, runs } from "../heatmap/square";
import type { Matrix, Tree } from "../manifest";
import type { Pen } from "../pen";
import { Remembered } from "../remembered";
import { Surface, WHOLE } from "../surface";
import type { App, OpenView, Table, View } from "../view";

const MOST_PAIRS = 5_000;
const NARROW = 560;
const LONGEST_NAME = 60;
/** A cell can be zoomed to about this many pixels. */
const LARGEST_CELL = 60;

export const heatmap: View = {
  id: "heatmap",
  label: "Heatmap",
  has: (bundle) => bundle.manifest.matrices.length > 0,
  open: (host, app) => new HeatmapView(host, app),
};

interface InSight {
  pairs: Pairs;
  arrangement: Arrangement;
  passing: Uint8Array | undefined;
  place: string;
}

interface Cell {
  row: number;
  column: number;
}

class HeatmapView implements OpenView {
  private shown: Arrangement;
  private key = "";
  private focus: Cell | undefined;
  private known: InSight | undefined;
  private readonly surface: Surface;
  private readonly remembered: Remembered;
  private readonly redraw = () => this.resized();

  constructor(
    host: HTMLElement,
    private readonly app: App,
  ) {
    this.remembered = new Remembered(app, "heatmap.camera");
    this.shown = this.arrange();
    this.surface = new Surface(
      host,
      this.label(),
      {
        paint: (context) => this.draw(context, window.devicePixelRatio || 1),
        moved: (camera) => this.remembered.moved(camera),
        hover: (x, y) => this.hover(x, y),
        leave: () => this.leave(),
        click: (x, y, event) => this.click(x, y, event),
        key: (event) => this.press(event),
      },
      { even: true, wheel: "both", room: [0, 0, 0, 0], deepest: 4 },
    );
    window.addEventListener("resize", this.redraw);
    this.resized();
    this.surface.look(this.remembered.camera);
  }

  update(): void {
    this.shown = this.arrange();
    this.surface.canvas.setAttribute("aria-label", this.label());
    const camera = this.remembered.changed();
    if (camera) this.surface.look(camera);
    this.resized();
  }

  controls(): Node[] {
    const { bundle, store } = this.app;
    const { matrices, trees } = bundle.manifest;
    const { pairs } = this.inSight();
    const most = pairs.all > MOST_PAIRS ? `the nearest ${MOST_PAIRS.toLocaleString("en")} of ` : "";
    const made = [
      choice(
        "Order",
        [["", "as clustered"], ...trees.map((tree) => [tree.name, shown(tree.label, 30)] as const)],
        this.order()?.name ?? "",
        (name) => store.choose("heatmap.order", name),
      ),
    ];
    if (matrices.length > 1) {
      const options = matrices.map((matrix) => [matrix.name, shown(matrix.label, 40)] as const);
      made.unshift(
        choice("Matrix", options, this.matrix().name, (name) => store.choose("heatmap.matrix", name)),
      );
    }
    return [
      ...made,
      h("span", { class: "note" }, `Table: ${most}${pairs.all.toLocaleString("en")} pairs in sight`),
    ];
  }

  paint(pen: Pen): void {
    this.draw(pen, 2);
  }

  /** The nearest pairs in sight, nearest first. */
  table(): Table {
    const { pairs, arrangement } = this.inSight();
    const { bundle } = this.app;
    const { models } = arrangement;
    const label = shown(arrangement.matrix.label, 60);
    return {
      columns: [
        { label: "model", numeric: false },
        { label: "other", numeric: false },
        { label, numeric: true },
      ],
      rows: pairs.row.length,
      cell: (k, column) => {
        if (column === 2) return arrangement.value(pairs.row[k], pairs.column[k]);
        return bundle.name(models[column === 0 ? pairs.row[k] : pairs.column[k]]);
      },
      model: (k) => models[pairs.row[k]],
    };
  }

  close(): void {
    this.remembered.close();
    window.removeEventListener("resize", this.redraw);
    this.surface.close();
  }

  private matrix(): Matrix {
    const { matrices } = this.app.bundle.manifest;
    return matrices.find((each) => each.name === this.app.store.setting("heatmap.matrix")) ?? matrices[0];
  }

  private order(): Tree | undefined {
    return this.app.bundle.manifest.trees.find(
      (tree) => tree.name === this.app.store.setting("heatmap.order"),
    );
  }

  private arrange(): Arrangement {
    const [matrix, order] = [this.matrix(), this.order()];
    const key = `${matrix.name}\n${order?.name ?? ""}`;
    if (key === this.key) return this.shown;
    this.key = key;
    this.focus = undefined;
    return new Arrangement(this.app.bundle, matrix, order);
  }

  private label(): string {
    const { side, matrix, treeLabel } = this.shown;
    const tree = treeLabel ? `, beside the ${treeLabel}` : "";
    return `Heatmap of ${shown(matrix.label, 60)} between ${side.toLocaleString("en")} models${tree}. Brackets go from row to row, comma and point from column to column.`;
  }

  private get treeWidth(): number {
    return this.shown.tree ? (this.surface.width < NARROW ? 44 : 120) : 0;
  }

  private nameRoom(): [right: number, top: number] {
    return this.surface.width < NARROW ? [92, 84] : [168, 124];
  }

  private room(): Room {
    const [right, top] = this.nameRoom();
    return [this.treeWidth + STRIP + 18, top, right, 48];
  }

  private resized(): void {
    const deepest = Math.max(4, (this.shown.side * LARGEST_CELL) / 400);
    this.surface.shape = { ...this.surface.shape, room: this.room(), deepest };
    this.surface.draw();
  }

  private plot(): Plot {
    // The canvas can have changed size since: names have more or less room then.
    this.surface.shape = { ...this.surface.shape, room: this.room() };
    return plotOf(this.surface, this.room(), this.shown.side);
  }

  /** The pairs for the table, found once for what is in sight: millions are gone through. */
  private inSight(): InSight {
    const { passing } = this.app;
    const { part } = this.plot();
    const [arrangement, known] = [this.shown, this.known];
    const place = Object.values(part).join();
    if (known?.place === place && known.passing === passing && known.arrangement === arrangement)
      return known;
    const { square, nearIsHigh, models } = arrangement;
    const allowed = passing && Uint8Array.from(models, (model) => passing[model]);
    const pairs = nearestPairs(square, part, MOST_PAIRS, nearIsHigh, allowed);
    return (this.known = { pairs, arrangement, passing, place });
  }

  private draw(pen: Pen, ratio: number): void {
    const { app, shown: arrangement, surface } = this;
    const { models, images, tree, matrix, rowOf } = arrangement;
    const { colours, passing } = app;
    const scene: Scene = {
      plot: this.plot(),
      theme: theme(),
      images,
      ratio,
      tree,
      treeWidth: this.treeWidth,
      strips: runs(models.map((model) => colours.shade[model])),
      palette: colours.palette,
      group: (run) => this.groupName(run),
      name: (row) => this.name(row),
      passes: (row) => !passing || passing[models[row]] === 1,
      faded: passing ? runs(models.map((model) => 1 - passing[model])) : [],
      selected: app.store
        .get()
        .selected.map((model) => rowOf[model])
        .filter((row) => row >= 0),
      focus: this.focus,
      nameRoom: this.nameRoom(),
      legend: { label: shown(matrix.label, 60), low: matrix.low, high: matrix.high },
      width: surface.width,
      height: surface.height,
    };
    paintHeatmap(pen, scene);
  }

  private name(row: number): string {
    const name = this.app.bundle.name(this.shown.models[row]);
    return shown(name.slice(name.indexOf("/") + 1), LONGEST_NAME);
  }

  /** The category of neighbours of one colour, where the colour is of one category only. */
  private groupName({ value }: Run): string {
    const { colours } = this.app;
    const row = colours.column?.kind === "category" && value > 0 ? colours.legend[value - 1] : undefined;
    return row ? shown(row.label, 40) : "";
  }

  private hover(x: number, y: number): void {
    const cell = cellAt(this.plot(), x, y);
    if (!cell) return this.leave();
    const box = this.surface.canvas.getBoundingClientRect();
    const { bundle } = this.app;
    const { models, matrix } = this.shown;
    const lines = [
      bundle.name(models[cell.row]),
      bundle.name(models[cell.column]),
      `${shown(matrix.label, 60)}: ${this.told(cell)}`,
    ];
    this.surface.canvas.style.cursor = "pointer";
    this.app.hover({ x: box.left + x, y: box.top + y, lines });
    if (cell.row === this.focus?.row && cell.column === this.focus.column) return;
    this.focus = cell;
    this.surface.draw();
  }

  private leave(): void {
    this.app.hover();
    this.surface.canvas.style.cursor = "";
    if (!this.focus) return;
    this.focus = undefined;
    this.surface.draw();
  }

  private told({ row, column }: Cell): string {
    const value = this.shown.value(row, column);
    return Number.isNaN(value) ? "unknown" : short(value);
  }

  private click(x: number, y: number, event: PointerEvent): void {
    const cell = cellAt(this.plot(), x, y);
    if (!cell) return;
    const model = this.shown.models[cell.row];
    if (event.ctrlKey || event.shiftKey || event.metaKey) this.app.toggle(model);
    else this.app.open(model);
  }

  /** [ and ] go to the row before and after, comma and point to the column; Enter opens the row's model. */
  private press(event: KeyboardEvent): boolean {
    const step = { "[": [-1, 0], "]": [1, 0], ",": [0, -1], ".": [0, 1] }[event.key];
    const model = this.focus ? this.shown.models[this.focus.row] : -1;
    if (step) this.walk(step[0], step[1]);
    else if (event.key === "Enter" && model >= 0) this.app.open(model);
    else if (event.key === " " && model >= 0) this.app.toggle(model);
    else return false;
    return true;
  }

  private walk(down: number, right: number): void {
    const { side, models } = this.shown;
    const { bundle } = this.app;
    const { part } = this.plot();
    const from = this.focus ?? { row: part.top - down, column: part.left - right };
    const within = (at: number) => Math.min(side - 1, Math.max(0, at));
    this.focus = { row: within(from.row + down), column: within(from.column + right) };
    const [row, column] = [models[this.focus.row], models[this.focus.column]];
    this.app.say(`${bundle.name(row)} and ${bundle.name(column)}: ${this.told(this.focus)}`);
    this.follow(this.focus);
  }

  /** Move to a cell out of sight. */
  private follow({ row, column }: Cell): void {
    const { part } = this.plot();
    const seen = row >= part.top && row < part.bottom && column >= part.left && column < part.right;
    if (seen) return this.surface.draw();
    const { side } = this.shown;
    const camera = { ...(this.surface.get() ?? WHOLE), x: (column + 0.5) / side, y: (row + 0.5) / side };
    this.surface.look(camera);
    this.remembered.moved(camera);
  }
}
