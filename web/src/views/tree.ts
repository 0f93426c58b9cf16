// The tree: rectangular, circular or unrooted, of any size.

import { type Bundle, short } from "../bundle";
import { Colours, theme } from "../colours";
import { button, choice, download, shown, toggle } from "../dom";
import { modelsTable } from "../panel";
import type { Pen } from "../pen";
import { cameraOf, cameraText, inside, type Shape as SurfaceShape, Surface } from "../surface";
import { branches, type Lens, nodeAt, placeOf, Strokes } from "../tree/draw";
import { leaders, placed, ring, RING, scaleBar, supports, write } from "../tree/labels";
import { type Layout, layout, type Shape } from "../tree/layout";
import { inked, shadesOf } from "../tree/shades";
import * as topology from "../tree/topology";
import type { App, OpenView, Table, View } from "../view";

const SHAPES = [["rectangular", "Rectangular"], ["circular", "Circular"], ["unrooted", "Unrooted"]] as const;
const ORDERS = [["", "as given"], ["down", "large clades first"], ["up", "small clades first"]] as const;
const MOST_RINGS = 5;
const FONT = "11.5px system-ui, sans-serif";

export const tree: View = {
  id: "tree",
  label: "Tree",
  has: (bundle: Bundle) => bundle.manifest.trees.length > 0,
  open: (host, app) => new TreeView(host, app),
};

class TreeView implements OpenView {
  private readonly surface: Surface;
  private topology!: topology.Topology;
  private layout!: Layout;
  private shade!: Uint8Array;
  private rings: Colours[] = [];
  private made = "";
  private coloured: unknown[] = [];
  private pointed = -1;

  constructor(host: HTMLElement, private readonly app: App) {
    this.make();
    this.surface = new Surface(host, this.description(), {
      paint: (pen, width, height) => this.paint(pen, width, height),
      moved: (camera) => app.store.choose("tree.camera", cameraText(camera)),
      hover: (x, y) => this.hover(x, y),
      leave: () => this.point(-1),
      click: (x, y, event) => this.click(x, y, event),
      lasso: (points) => this.lasso(points),
      key: (event) => this.key(event),
    }, this.surfaceShape());
    this.surface.look(cameraOf(this.setting("camera")));
  }

  close(): void {
    this.app.hover();
    this.surface.close();
  }

  update(): void {
    this.make();
    this.surface.shape = this.surfaceShape();
    this.surface.canvas.setAttribute("aria-label", this.description());
    this.surface.look(cameraOf(this.setting("camera")));
  }

  controls(): Node[] {
    const { trees } = this.app.bundle.manifest;
    const pick = (name: string, value: string) => this.app.store.choose(`tree.${name}`, value);
    const which = trees.map((each) => [each.name, shown(each.label, 40)] as const);
    const found: Node[] = trees.length > 1 ? [choice("Tree", which, this.chosen().name, (value) => this.another(value))] : [];
    found.push(
      choice("Shape", SHAPES, this.shape(), (value) => this.settings({ shape: value === "rectangular" ? "" : value, camera: "" })),
      choice("Order", ORDERS, this.setting("order"), (value) => pick("order", value)),
      toggle("Branch lengths", this.setting("even") === "", (on) => pick("even", on ? "" : "yes")),
    );
    if (this.chosen().support) found.push(toggle("Supports", this.setting("support") === "", (on) => pick("support", on ? "" : "no")));
    if (this.app.passing) found.push(toggle("Only what passes", this.setting("only") === "yes", (on) => pick("only", on ? "yes" : "")));
    found.push(this.ringChoice(), ...this.cladeControls());
    found.push(button("Newick", () => download("phylolm-tree.nwk", this.newick(0)), "Save the tree as Newick"));
    if (this.changed()) found.push(button("Reset", () => this.settings({ root: "", fold: "", swap: "", node: "", order: "", camera: "" }), "The tree as it was"));
    return found;
  }

  table(): Table {
    return modelsTable(this.app, topology.models(this.topology));
  }

  paint(pen: Pen, width: number, height: number): void {
    const lens = this.lens(width, height);
    const colours = theme();
    const strokes = new Strokes();
    branches(this.topology, this.layout, lens, this.shade, strokes);
    strokes.flush(pen, (shade) => inked(shade, this.app.colours, colours), this.layout.tips.length > 400 ? 1 : 1.4);
    this.paintFolded(pen, lens);
    this.rings.forEach((each, k) => ring(pen, this.topology, this.layout, lens, this.ringPlace(k, lens), (model) => each.of(model)));
    this.paintNames(pen, lens);
    if (this.setting("support") === "") supports(pen, this.topology, this.layout, lens, colours.faint);
    this.paintMarks(pen, lens);
    if (this.setting("even") === "") this.paintScale(pen, lens);
  }

  // What is shown

  private setting(name: string): string {
    return this.app.store.setting(`tree.${name}`);
  }

  private settings(change: Record<string, string>): void {
    const settings: Record<string, string> = { ...this.app.store.get().settings };
    for (const [name, value] of Object.entries(change)) {
      if (value === "") delete settings[`tree.${name}`];
      else settings[`tree.${name}`] = value;
    }
    this.app.store.set({ settings });
  }

  private another(which: string): void {
    this.settings({ which, root: "", fold: "", swap: "", node: "", camera: "" });
  }

  private chosen() {
    const { trees } = this.app.bundle.manifest;
    return trees.find((each) => each.name === this.setting("which")) ?? trees[0];
  }

  private shape(): Shape {
    return SHAPES.find(([shape]) => shape === this.setting("shape"))?.[0] ?? "rectangular";
  }

  private changed(): boolean {
    return ["root", "fold", "swap", "camera", "order"].some((name) => this.setting(name) !== "");
  }

  private numbers(name: string): Set<number> {
    const words = this.setting(name);
    return new Set(words ? words.split("_").map(Number) : []);
  }

  /** Make anew what has changed: the tree, its layout, its colours. */
  private make(): void {
    const { passing, colours, store } = this.app;
    const only = this.setting("only") === "yes" && passing ? passing : undefined;
    const wanted = ["which", "root", "order", "swap", "fold", "shape", "even"].map((name) => this.setting(name)).join(" ");
    const made = wanted + (only ? `${store.get().query} ${JSON.stringify(store.get().filters)}` : "");
    const anew = made !== this.made;
    if (anew) {
      this.topology = this.shaped(only);
      this.layout = layout(this.topology, { shape: this.shape(), even: this.setting("even") !== "", collapsed: this.numbers("fold") });
      this.made = made;
      this.pointed = -1;
    }
    if (anew || this.coloured[0] !== colours || this.coloured[1] !== passing) {
      this.shade = shadesOf(this.topology, colours, passing);
      this.coloured = [colours, passing];
    }
    const names = this.ringNames();
    if (names.join() !== this.rings.map((each) => each.column?.name).join()) {
      this.rings = names.map((name) => new Colours(this.app.bundle.column(name), this.app.bundle));
    }
  }

  private shaped(only: Uint8Array | undefined): topology.Topology {
    let made = topology.topologyOf(this.app.bundle, this.chosen());
    if (only) {
      const kept = topology.pruned(made, (model) => only[model] === 1);
      if (kept.parent.length) made = kept;
    }
    const root = this.setting("root");
    if (root !== "") made = topology.rerooted(made, topology.nodeOf(made, Number(root)));
    const order = this.setting("order");
    if (order === "up" || order === "down") made = topology.ladderised(made, order);
    return topology.swapped(made, this.numbers("swap"));
  }

  private description(): string {
    const { label } = this.chosen();
    return `${label}, ${this.layout.tips.length.toLocaleString("en")} tips, ${this.shape()}. Arrow keys move over the tree, Enter opens a model or a clade, shift with arrows moves the picture, plus and minus zoom. The same is in the table beside it.`;
  }

  private surfaceShape(): SurfaceShape {
    const even = this.shape() !== "rectangular";
    const name = this.layout.tips.length > 3000 ? 150 : 210;
    const edge = RING * this.rings.length;
    const deepest = Math.max(40, this.layout.tips.length / 4);
    if (!even) return { even, wheel: "y", room: [24, 16, Math.min(name + edge, this.wide() * 0.45), 34], deepest };
    const around = Math.min((this.shape() === "circular" ? 150 : 90) + edge, this.wide() * 0.2 + edge);
    return { even, wheel: "both", room: [around, around, around, around], deepest };
  }

  private wide(): number {
    return this.surface?.width ?? 800;
  }

  private lens(width: number, height: number): Lens {
    const { surface } = this;
    return { sx: (x) => surface.sx(x), sy: (y) => surface.sy(y), scaleX: surface.scaleX(), scaleY: surface.scaleY(), width, height };
  }

  // Drawing

  private nameOf(node: number): string {
    const model = this.topology.model[node];
    return model >= 0 ? this.app.bundle.name(model) : this.cladeName(node);
  }

  private cladeName(node: number): string {
    const { legend, column } = this.app.colours;
    const found = topology.models(this.topology, node);
    const shades = new Set(found.map((model) => this.app.colours.shade[model]));
    const colour = shades.size === 1 ? this.app.colours.palette[[...shades][0]] : undefined;
    const label = column?.kind === "category" ? legend.find((row) => row.colour === colour)?.label : undefined;
    return `${found.length.toLocaleString("en")} models${label ? ` · ${label}` : ""}`;
  }

  private paintNames(pen: Pen, lens: Lens): void {
    const colours = theme();
    const { selected, passing } = this.app;
    pen.font = FONT;
    pen.textBaseline = "middle";
    const first = this.pointed >= 0 && this.layout.seen[this.pointed] && this.isTip(this.pointed) ? [this.pointed] : [];
    const text = (node: number) => shown(this.nameOf(node), this.longest(lens));
    const edge = this.edge(lens);
    const labels = placed(this.layout, lens, { width: (node) => pen.measureText(text(node)).width, first, edge });
    if (edge !== undefined) leaders(pen, labels, this.layout, lens, colours.line);
    for (const label of labels) {
      const model = this.topology.model[label.node];
      const faded = model >= 0 && passing && !passing[model];
      pen.fillStyle = model >= 0 && selected[model] ? colours.mark : faded ? colours.line : colours.ink;
      pen.font = model >= 0 && selected[model] ? `600 ${FONT}` : FONT;
      write(pen, label, text(label.node));
    }
  }

  /** Letters of a name that fit beside the tree. */
  private longest(lens: Lens): number {
    if (this.shape() === "unrooted") return 28;
    const rings = RING * this.rings.length;
    const room = this.surface.shape.room[2] - rings - 14;
    const free = this.shape() === "circular" ? room : lens.width - rings - (this.edge(lens) ?? lens.sx(1)) - 14;
    return Math.max(8, Math.floor(Math.max(room, free) / 6.4));
  }

  /** Where aligned names begin: always in a circle, in rows where they are denser than names. */
  private edge(lens: Lens): number | undefined {
    if (this.shape() === "unrooted") return undefined;
    if (this.shape() === "circular") return 0.5 * lens.scaleX + RING * this.rings.length;
    const dense = lens.scaleY / this.layout.tips.length < 12;
    return dense ? Math.min(lens.sx(1), lens.width - this.surface.shape.room[2]) : undefined;
  }

  private isTip(node: number): boolean {
    return topology.isLeaf(this.topology, node) || this.layout.folded[node] === 1;
  }

  /** Collapsed clades are triangles as long as the clade is deep. */
  private paintFolded(pen: Pen, lens: Lens): void {
    const colours = theme();
    this.layout.tips.forEach((node) => {
      if (!this.layout.folded[node]) return;
      pen.fillStyle = inked(this.shade[node], this.app.colours, colours);
      pen.globalAlpha = 0.75;
      const [x, y] = placeOf(this.layout, lens, node);
      pen.beginPath();
      pen.moveTo(x, y);
      if (this.shape() === "rectangular") {
        const half = Math.min(9, Math.max(3, (0.4 / this.layout.tips.length) * lens.scaleY));
        const to = Math.max(x + 6, lens.sx(this.layout.far[node]));
        pen.lineTo(to, y - half);
        pen.lineTo(to, y + half);
      } else pen.arc(x, y, 6, 0, 2 * Math.PI);
      pen.closePath();
      pen.fill();
      pen.globalAlpha = 1;
    });
  }

  private paintMarks(pen: Pen, lens: Lens): void {
    const colours = theme();
    const dot = (node: number, radius: number, fill: boolean) => {
      const [x, y] = placeOf(this.layout, lens, node);
      if (x < -9 || y < -9 || x > lens.width + 9 || y > lens.height + 9) return;
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.fillStyle = pen.strokeStyle = colours.mark;
      pen.lineWidth = 2;
      if (fill) pen.fill();
      else pen.stroke();
    };
    for (const node of this.layout.tips) if (this.app.selected[this.topology.model[node]]) dot(node, 3, true);
    const clade = this.clade();
    if (clade >= 0 && this.layout.seen[clade]) dot(clade, 6, false);
    if (this.pointed >= 0 && this.layout.seen[this.pointed]) dot(this.pointed, 4, false);
    const open = this.layout.tips.find((node) => this.topology.model[node] === this.app.store.get().model && this.topology.model[node] >= 0);
    if (open !== undefined) dot(open, 6, false);
  }

  private paintScale(pen: Pen, lens: Lens): void {
    const unit = (this.shape() === "circular" ? 0.5 * lens.scaleX : lens.scaleX) / this.layout.span;
    if (this.shape() === "unrooted") return;
    const bar = scaleBar(unit);
    const colours = theme();
    const [x, y] = [24, lens.height - 14];
    const told = `${short(bar.length)} ${shown(this.chosen().unit, 40)}`;
    pen.font = "11px system-ui, sans-serif";
    pen.fillStyle = colours.paper; // names scroll behind it
    pen.fillRect(x - 8, y - 11, bar.pixels + pen.measureText(told).width + 22, 20);
    pen.strokeStyle = pen.fillStyle = colours.faint;
    pen.lineWidth = 1.2;
    pen.beginPath();
    pen.moveTo(x, y - 4);
    pen.lineTo(x, y);
    pen.lineTo(x + bar.pixels, y);
    pen.lineTo(x + bar.pixels, y - 4);
    pen.stroke();
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillText(told, x + bar.pixels + 7, y - 1);
  }

  // Rings

  private ringNames(): string[] {
    const names = this.setting("rings");
    return names ? names.split("|").filter((name) => this.app.bundle.column(name)).slice(0, MOST_RINGS) : [];
  }

  private ringPlace(k: number, lens: Lens): number {
    if (this.shape() === "rectangular") return lens.width - RING * (this.rings.length - k) - 4;
    return 0.5 * lens.scaleX + RING * (k + 0.7);
  }

  private ringChoice(): Node {
    const names = this.ringNames();
    const columns = this.app.bundle.manifest.models.columns.filter((column) => column.kind !== "text");
    const options = [["", names.length ? names.join(", ") : "none"], ...columns.map((column) => {
      const on = names.includes(column.name);
      return [column.name, `${on ? "− " : "+ "}${shown(column.label, 30)}`] as const;
    })] as [string, string][];
    return choice("Rings", options, "", (name) => {
      const next = names.includes(name) ? names.filter((each) => each !== name) : [...names, name];
      this.settings({ rings: next.join("|") });
    });
  }

  // Clades

  private clade(): number {
    const chosen = this.setting("node");
    return chosen === "" ? -1 : topology.nodeOf(this.topology, Number(chosen));
  }

  private cladeControls(): Node[] {
    const node = this.clade();
    if (node < 0 || topology.isLeaf(this.topology, node)) return [];
    const origin = String(this.topology.origin[node]);
    const turn = (name: string) => {
      const numbers = this.numbers(name);
      if (!numbers.delete(Number(origin))) numbers.add(Number(origin));
      this.settings({ [name]: [...numbers].join("_") });
    };
    const models = topology.models(this.topology, node);
    return [
      button(`Select ${models.length.toLocaleString("en")}`, () => this.app.select(models), "Select the clade's models"),
      button(this.layout.folded[node] ? "Expand" : "Collapse", () => turn("fold"), "Collapse or expand the clade"),
      button("Root here", () => this.settings({ root: origin, node: "" }), "Put the root on the branch above the clade"),
      button("Swap", () => turn("swap"), "Turn the clade's children round"),
      button("Clade as Newick", () => download("phylolm-clade.nwk", this.newick(node)), "Save the clade as Newick"),
    ];
  }

  private newick(node: number): string {
    return topology.newick(this.topology, (model) => this.app.bundle.name(model), node);
  }

  // What the person does

  private hover(x: number, y: number): void {
    this.point(this.find(x, y), x, y);
  }

  private find(x: number, y: number): number {
    const lens = this.lens(this.surface.width, this.surface.height);
    const found = nodeAt(this.topology, this.layout, lens, x, y);
    if (found >= 0 || this.shape() !== "rectangular") return found;
    const tip = this.layout.tips[Math.floor(this.surface.wy(y) * this.layout.tips.length)]; // over a name
    return tip !== undefined && x > lens.sx(this.layout.depth[tip]) && lens.scaleY / this.layout.tips.length > 5 ? tip : -1;
  }

  private point(node: number, x = 0, y = 0): void {
    if (node !== this.pointed) {
      this.pointed = node;
      this.surface.draw();
    }
    if (node < 0) return this.app.hover();
    const box = this.surface.canvas.getBoundingClientRect();
    this.app.hover({ x: box.left + x, y: box.top + y, model: this.topology.model[node], lines: this.told(node) });
  }

  private told(node: number): string[] {
    const found: string[] = this.topology.model[node] < 0 ? [this.cladeName(node)] : [];
    if (this.topology.parent[node] >= 0) found.push(`branch ${short(this.topology.length[node])} ${this.chosen().unit}`);
    if (!Number.isNaN(this.topology.support[node])) found.push(`support ${this.topology.support[node].toFixed(0)} %`);
    return found;
  }

  private click(x: number, y: number, event: PointerEvent): void {
    this.choose(this.find(x, y), event.ctrlKey || event.metaKey || event.shiftKey);
  }

  private choose(node: number, add: boolean): void {
    if (node < 0) return this.settings({ node: "" });
    const model = this.topology.model[node];
    if (model < 0) this.settings({ node: String(this.topology.origin[node]) });
    else if (add) this.app.select([...this.app.store.get().selected, model]);
    else this.app.open(model);
  }

  private lasso(points: readonly [number, number][]): void {
    const lens = this.lens(this.surface.width, this.surface.height);
    const within = Array.from(this.layout.tips).filter((node) => inside(points, ...placeOf(this.layout, lens, node)));
    this.app.select(within.flatMap((node) => topology.models(this.topology, node)));
  }

  private key(event: KeyboardEvent): boolean {
    if (event.shiftKey || !["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Enter", " "].includes(event.key)) return false;
    const from = this.pointed >= 0 ? this.pointed : 0;
    if (event.key === "Enter" || event.key === " ") this.choose(from, event.key === " ");
    else this.pointed = this.next(from, event.key);
    this.app.say(`${shown(this.nameOf(this.pointed), 100)}. ${this.told(this.pointed).join(", ")}`);
    this.follow();
    return true;
  }

  private next(node: number, key: string): number {
    const { parent } = this.topology;
    if (key === "ArrowLeft") return Math.max(0, parent[node]);
    const kids = this.layout.folded[node] ? [] : topology.children(this.topology, node);
    if (key === "ArrowRight") return kids[0] ?? node;
    const siblings = parent[node] < 0 ? [node] : topology.children(this.topology, parent[node]);
    const place = siblings.indexOf(node) + (key === "ArrowDown" ? 1 : -1);
    if (place >= 0 && place < siblings.length) return siblings[place];
    const tips = this.layout.tips;
    const at = tips.indexOf(node);
    return at < 0 ? node : tips[Math.min(tips.length - 1, Math.max(0, at + (key === "ArrowDown" ? 1 : -1)))];
  }

  /** Keep what the keys point at in sight. */
  private follow(): void {
    const [x, y] = placeOf(this.layout, this.lens(this.surface.width, this.surface.height), this.pointed);
    const camera = this.surface.get();
    const [dx, dy] = [outside(x, this.surface.width), outside(y, this.surface.height)];
    if (dx || dy) this.surface.look({ ...camera, x: camera.x + dx / this.surface.scaleX(), y: camera.y + dy / this.surface.scaleY() });
    else this.surface.draw();
  }
}

/** How far a place is outside a picture, with some room at its edges. */
function outside(place: number, size: number): number {
  const room = Math.min(40, size / 4);
  return place < room ? place - room : place > size - room ? place - size + room : 0;
}
