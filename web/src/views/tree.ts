// The tree: rectangular, circular or unrooted, of any size.

import { joined, parted } from "../lists";
import { type Bundle, short } from "../bundle";
import { Colours } from "../colours";
import { button, choice, download, h, shown, toggle } from "../dom";
import { modelsTable } from "../panel";
import type { Pen } from "../pen";
import { cameraOf, cameraText, inside, type Shape as SurfaceShape, Surface } from "../surface";
import { type Lens, nodeAt, placeOf } from "../tree/draw";
import { RING } from "../tree/labels";
import { type Layout, layout, type Shape } from "../tree/layout";
import { cladeName, nameOf, paintTree, type Scene } from "../tree/picture";
import { shadesOf } from "../tree/shades";
import * as topology from "../tree/topology";
import type { App, OpenView, Table, View } from "../view";

const SHAPES = [
  ["rectangular", "Rectangular"],
  ["circular", "Circular"],
  ["unrooted", "Unrooted"],
] as const;
const ORDERS = [
  ["", "as given"],
  ["down", "large clades first"],
  ["up", "small clades first"],
] as const;
const MOST_RINGS = 5;

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
  private opened = -1;

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
        moved: (camera) => app.store.choose("tree.camera", cameraText(camera)),
        hover: (x, y) => this.hover(x, y),
        leave: () => this.point(-1),
        click: (x, y, event) => this.click(x, y, event),
        lasso: (points) => this.lasso(points),
        key: (event) => this.key(event),
      },
      this.surfaceShape(),
    );
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
    this.showOpened();
  }

  controls(): Node[] {
    const { trees } = this.app.bundle.manifest;
    const pick = (name: string, value: string) => this.app.store.choose(`tree.${name}`, value);
    const which = trees.map((each) => [each.name, shown(each.label, 40)] as const);
    const found: Node[] =
      trees.length > 1 ? [choice("Tree", which, this.chosen().name, (value) => this.another(value))] : [];
    found.push(
      choice("Shape", SHAPES, this.shape(), (value) =>
        this.settings({ shape: value === "rectangular" ? "" : value, camera: "" }),
      ),
      choice("Order", ORDERS, this.setting("order"), (value) => pick("order", value)),
      toggle("Branch lengths", this.setting("even") === "", (on) => pick("even", on ? "" : "yes")),
    );
    if (this.chosen().support)
      found.push(toggle("Supports", this.setting("support") === "", (on) => pick("support", on ? "" : "no")));
    if (this.app.passing && !this.app.passing.includes(1))
      found.push(h("span", { class: "note", role: "status" }, "No model matches"));
    else if (this.app.passing)
      found.push(
        toggle("Matching models only", this.setting("only") === "yes", (on) => pick("only", on ? "yes" : "")),
      );
    found.push(this.ringChoice(), ...this.cladeControls());
    found.push(
      button("Newick", () => download("phylolm-tree.nwk", this.newick(0)), "Save the tree as Newick"),
    );
    if (this.changed())
      found.push(
        button(
          "Reset",
          () => this.settings({ root: "", fold: "", swap: "", node: "", order: "", camera: "" }),
          "The tree as it was",
        ),
      );
    return found;
  }

  table(): Table {
    return modelsTable(this.app, topology.models(this.topology));
  }

  paint(pen: Pen, width: number, height: number): void {
    paintTree(pen, this.scene(), this.lens(width, height));
  }

  private scene(): Scene {
    const { topology: tree, layout: at, shade, rings, pointed } = this;
    return {
      app: this.app,
      tree,
      at,
      shade,
      rings,
      pointed,
      clade: this.clade(),
      unit: this.chosen().unit,
      supports: this.setting("support") === "",
      lengths: this.setting("even") === "",
      room: this.surface.shape.room[2],
    };
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
    const wanted = ["which", "root", "order", "swap", "fold", "shape", "even"]
      .map((name) => this.setting(name))
      .join(" ");
    const made = wanted + (only ? `${store.get().query} ${JSON.stringify(store.get().filters)}` : "");
    const anew = made !== this.made;
    if (anew) {
      this.topology = this.shaped(only);
      this.layout = layout(this.topology, {
        shape: this.shape(),
        even: this.setting("even") !== "",
        collapsed: this.numbers("fold"),
      });
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
    if (!even)
      return { even, wheel: "y", room: [24, 16, Math.min(name + edge, this.wide() * 0.45), 34], deepest };
    const around = Math.min((this.shape() === "circular" ? 150 : 90) + edge, this.wide() * 0.2 + edge);
    return { even, wheel: "both", room: [around, around, around, around], deepest };
  }

  private wide(): number {
    return this.surface?.width ?? 800;
  }

  private lens(width: number, height: number): Lens {
    const { surface } = this;
    return {
      sx: (x) => surface.sx(x),
      sy: (y) => surface.sy(y),
      scaleX: surface.scaleX(),
      scaleY: surface.scaleY(),
      width,
      height,
    };
  }

  // Rings

  private ringNames(): string[] {
    const names = this.setting("rings");
    return parted(names)
      .filter((name) => this.app.bundle.column(name))
      .slice(0, MOST_RINGS);
  }

  private ringChoice(): Node {
    const names = this.ringNames();
    const columns = this.app.bundle.manifest.models.columns.filter((column) => column.kind !== "text");
    const options = [
      ["", names.length ? names.join(", ") : "none"],
      ...columns.map((column) => {
        const on = names.includes(column.name);
        return [column.name, `${on ? "− " : "+ "}${shown(column.label, 30)}`] as const;
      }),
    ] as [string, string][];
    return choice("Rings", options, "", (name) => {
      const next = names.includes(name) ? names.filter((each) => each !== name) : [...names, name];
      this.settings({ rings: joined(next) });
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
      button(
        `Select ${models.length.toLocaleString("en")}`,
        () => this.app.select(models),
        "Select the clade's models",
      ),
      button(
        this.layout.folded[node] ? "Expand" : "Collapse",
        () => turn("fold"),
        "Collapse or expand the clade",
      ),
      button(
        "Root here",
        () => this.settings({ root: origin, node: "" }),
        "Put the root on the branch above the clade",
      ),
      button("Swap", () => turn("swap"), "Turn the clade's children round"),
      button(
        "Clade as Newick",
        () => download("phylolm-clade.nwk", this.newick(node)),
        "Save the clade as Newick",
      ),
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
    return tip !== undefined &&
      x > lens.sx(this.layout.depth[tip]) &&
      lens.scaleY / this.layout.tips.length > 5
      ? tip
      : -1;
  }

  private point(node: number, x = 0, y = 0): void {
    if (node !== this.pointed) {
      this.pointed = node;
      this.surface.draw();
    }
    if (node < 0) return this.app.hover();
    const box = this.surface.canvas.getBoundingClientRect();
    this.app.hover({
      x: box.left + x,
      y: box.top + y,
      model: this.topology.model[node],
      lines: this.told(node),
    });
  }

  private told(node: number): string[] {
    const found: string[] = this.topology.model[node] < 0 ? [cladeName(this.app, this.topology, node)] : [];
    if (this.topology.parent[node] >= 0)
      found.push(`branch ${short(this.topology.length[node])} ${this.chosen().unit}`);
    if (!Number.isNaN(this.topology.support[node]))
      found.push(`support ${this.topology.support[node].toFixed(0)} %`);
    return found;
  }

  private click(x: number, y: number, event: PointerEvent): void {
    this.choose(this.find(x, y), event.ctrlKey || event.metaKey || event.shiftKey);
  }

  private choose(node: number, add: boolean): void {
    if (node < 0) return this.settings({ node: "" });
    const model = this.topology.model[node];
    if (model < 0) this.settings({ node: String(this.topology.origin[node]) });
    else if (add) this.app.toggle(model);
    else this.app.open(model);
  }

  private lasso(points: readonly [number, number][]): void {
    const lens = this.lens(this.surface.width, this.surface.height);
    const within = Array.from(this.layout.tips).filter((node) =>
      inside(points, ...placeOf(this.layout, lens, node)),
    );
    this.app.select(within.flatMap((node) => topology.models(this.topology, node)));
  }

  private key(event: KeyboardEvent): boolean {
    if (
      event.shiftKey ||
      !["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Enter", " "].includes(event.key)
    )
      return false;
    const from = this.pointed >= 0 ? this.pointed : 0;
    this.pointed = from;
    if (event.key === "Enter" || event.key === " ") this.choose(from, event.key === " ");
    else this.pointed = this.next(from, event.key);
    this.app.say(
      `${shown(nameOf(this.app, this.topology, this.pointed), 100)}. ${this.told(this.pointed).join(", ")}`,
    );
    this.follow(this.pointed);
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

  /** A model opened elsewhere comes into sight. */
  private showOpened(): void {
    const { model } = this.app.store.get();
    if (model === this.opened) return;
    this.opened = model;
    const node = model < 0 ? -1 : this.topology.model.indexOf(model);
    if (node >= 0 && this.layout.seen[node]) this.follow(node);
  }

  /** Bring a node into sight. */
  private follow(node: number): void {
    const [x, y] = placeOf(this.layout, this.lens(this.surface.width, this.surface.height), node);
    const camera = this.surface.get();
    const [dx, dy] = [outside(x, this.surface.width), outside(y, this.surface.height)];
    if (dx || dy)
      this.surface.look({
        ...camera,
        x: camera.x + dx / this.surface.scaleX(),
        y: camera.y + dy / this.surface.scaleY(),
      });
    else this.surface.draw();
  }
}

/** How far a place is outside a picture, with some room at its edges. */
function outside(place: number, size: number): number {
  const room = Math.min(40, size / 4);
  return place < room ? place - room : place > size - room ? place - size + room : 0;
}
