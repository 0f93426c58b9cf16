// The graph: models joined by nearest names and by what their makers declare.

import { parted } from "../lists";
import type Flatbush from "flatbush";
import { theme } from "../colours";
import { choice, shown, toggle } from "../dom";
import { growing, kinds, slider } from "../graph/controls";
import {
  discs,
  inSight,
  layer,
  lines,
  type Look,
  MOST_LINES,
  names,
  nodesInSight,
  raster,
  rings,
  type Sight,
} from "../graph/draw";
import { towards } from "../graph/edges";
import { edgeTable } from "../graph/edgetable";
import { indexOf, pick } from "../graph/picking";
import { BOTH, Scene } from "../graph/scene";
import type { Pen } from "../pen";
import { cameraOf, cameraText, inside, Surface } from "../surface";
import type { App, OpenView, Table, View } from "../view";
import "./graph.css";

const ROOM = [24, 24, 24, 24] as const;
const FADED = 0.16;
/** With so many models on a canvas of this side, in pixels, discs have their usual size at zoom 1. */
const USUAL = { side: 720, models: 16_000 };
const MOST_DISCS = 1500;
const WAYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

class GraphView implements OpenView {
  private scene: Scene;
  private places: Flatbush;
  private readonly surface: Surface;
  private sight: Sight;
  private hovered = -1;
  /** Where the keyboard stands, and the model whose neighbours it goes through. */
  private focus = -1;
  private anchor = -1;
  private camera = "";
  private late: number | undefined;
  private chosenBy = "";
  private passed: Uint8Array | undefined;
  /** How many models are shown. */
  private many = 0;
  /** Everything but what is hovered, kept while only that changes. */
  private kept: HTMLCanvasElement | undefined;

  constructor(
    host: HTMLElement,
    private readonly app: App,
  ) {
    this.scene = new Scene(app.bundle, this.which);
    this.places = indexOf(this.scene.x, this.scene.y);
    this.sight = { x: new Float32Array(0), y: new Float32Array(0), width: 1, height: 1, zoom: 1 };
    this.surface = new Surface(
      host,
      "",
      {
        paint: (context, width, height) => this.draw(context, width, height),
        moved: () => this.moved(),
        hover: (x, y) => this.hover(x, y),
        leave: () => this.hover(-99, -99),
        click: (x, y, event) => this.click(x, y, event),
        lasso: (points) => this.lasso(points),
        key: (event) => this.key(event),
      },
      { even: true, wheel: "both", room: ROOM, deepest: 400 },
    );
    const { canvas } = this.surface;
    canvas.setAttribute(
      "aria-description",
      "Arrows pan, plus and minus zoom. N and P go from model to model, brackets through its neighbours, Alt and arrows along an edge; W walks on from there, Enter opens, space selects.",
    );
    canvas.addEventListener("keydown", (event) => this.walkByArrow(event));
    this.update();
  }

  private get which(): string {
    const { graphs } = this.app.bundle.manifest;
    const wanted = this.app.store.setting("graph.which");
    if (wanted === BOTH || graphs.some((graph) => graph.name === wanted)) return wanted;
    return (graphs.find((graph) => graph.source.length) ?? graphs[0]).name;
  }

  private get least(): number {
    const wanted = Number.parseFloat(this.app.store.setting("graph.least"));
    return Number.isNaN(wanted) ? -Infinity : wanted;
  }

  private get hidden(): Set<string> {
    return new Set(parted(this.app.store.setting("graph.hidden")));
  }

  update(): void {
    if (this.which !== this.scene.which) {
      this.scene = new Scene(this.app.bundle, this.which);
      this.places = indexOf(this.scene.x, this.scene.y);
      this.chosenBy = "";
    }
    const { store, passing } = this.app;
    const chosenBy = ["which", "least", "hidden", "singles"]
      .map((name) => store.setting(`graph.${name}`))
      .join("\n");
    if (chosenBy !== this.chosenBy || passing !== this.passed || !this.scene.shows.length) {
      this.scene.choose(this.app, this.least, this.hidden, store.setting("graph.singles") !== "hide");
      [this.chosenBy, this.passed] = [chosenBy, passing];
      this.many = this.scene.shows.reduce((sum, each) => sum + each, 0);
    }
    const camera = store.setting("graph.camera");
    if (camera !== this.camera) this.surface.look(cameraOf((this.camera = camera)));
    this.surface.canvas.setAttribute("aria-label", this.told());
    this.redraw();
  }

  private told(): string {
    const { scene } = this;
    return `A graph of ${this.many.toLocaleString("en")} models joined by ${scene.chosen.length.toLocaleString("en")} edges of ${scene.edges.kinds.map((kind) => shown(kind, 40)).join(", ")}.`;
  }

  private redraw(): void {
    this.kept = undefined;
    this.surface.draw();
  }

  private moved(): void {
    this.kept = undefined;
    this.hovered = -1; // the pointer is over another place now; the next move tells which
    this.app.hover();
    clearTimeout(this.late);
    this.late = window.setTimeout(() => {
      this.camera = cameraText(this.surface.get());
      this.app.store.choose("graph.camera", this.camera);
    }, 250);
  }

  /** Where everything is now, on a canvas of this size. */
  private look(width: number, height: number): Sight {
    const { scene, surface } = this;
    if (this.sight.x.length !== scene.x.length)
      this.sight = {
        ...this.sight,
        x: new Float32Array(scene.x.length),
        y: new Float32Array(scene.x.length),
      };
    const { x, y } = this.sight;
    const [scale, left, top] = [surface.scaleX(), surface.sx(0), surface.sy(0)];
    for (let m = 0; m < x.length; m++) {
      x[m] = left + scene.x[m] * scale;
      y[m] = top + scene.y[m] * scale;
    }
    return (this.sight = {
      x,
      y,
      width,
      height,
      zoom: (scale / USUAL.side) * Math.sqrt(USUAL.models / Math.max(50, this.many)),
    });
  }

  private draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const marked = this.hovered >= 0 ? this.hovered : this.focus;
    if (!this.kept || this.sight.width !== width || this.sight.height !== height) {
      this.look(width, height);
      this.kept = layer(width, height, (pen) => this.everything(pen));
    }
    context.globalAlpha = marked >= 0 ? FADED : 1;
    context.drawImage(this.kept, 0, 0, width, height);
    context.globalAlpha = 1;
    if (marked >= 0) this.around(context, marked);
    this.marks(context, marked);
  }

  paint(pen: Pen, width: number, height: number): void {
    this.look(width, height);
    this.everything(pen);
    this.marks(pen, -1);
    this.kept = undefined;
  }

  private everything(pen: Pen, only?: Uint8Array): void {
    const { scene, sight } = this;
    const look: Look = { colours: this.app.colours, theme: theme(), selected: this.app.selected };
    const nodes = nodesInSight(scene, sight, only);
    const edges = inSight(scene, sight, nodes, only);
    const few = nodes.length <= MOST_DISCS;
    if (edges.length <= MOST_LINES) lines(pen, scene, sight, look, edges);
    if (edges.length > MOST_LINES || !few) {
      pen.drawImage(
        raster(scene, sight, look, window.devicePixelRatio || 1, edges, few ? nodes.subarray(0, 0) : nodes),
        0,
        0,
        sight.width,
        sight.height,
      );
    }
    if (few) discs(pen, scene, sight, look, nodes);
  }

  /** A model with its community and neighbours, over the faded rest. */
  private around(pen: Pen, model: number): void {
    this.everything(pen, this.scene.around([model], true, true));
    const { start, edge } = this.scene.near;
    const own = edge.subarray(start[model], start[model + 1]);
    const look: Look = {
      colours: this.app.colours,
      theme: { ...theme(), faint: theme().ink },
      selected: this.app.selected,
    };
    lines(pen, this.scene, this.sight, look, own);
    rings(pen, this.scene, this.sight, this.scene.nextTo(model), theme().ink, 1);
  }

  /** Selection, the open model, where the keyboard is, and names. */
  private marks(pen: Pen, marked: number): void {
    const { scene, sight, app } = this;
    const { selected, model } = app.store.get();
    const { mark, ink } = theme();
    rings(
      pen,
      scene,
      sight,
      selected.filter((each) => scene.shows[each]),
      mark,
      2,
    );
    if (model >= 0 && scene.shows[model]) rings(pen, scene, sight, [model], mark, 3.5);
    if (marked >= 0) rings(pen, scene, sight, [marked], ink, 2.5);
    const next = marked >= 0 ? scene.nextTo(marked).slice(0, 40) : [];
    const first = [marked, model, ...next, ...selected.slice(0, 60)].filter(
      (each) => each >= 0 && scene.shows[each],
    );
    const nodes = nodesInSight(scene, sight, marked >= 0 ? scene.around([marked], true, true) : undefined);
    names(pen, scene, sight, { colours: app.colours, theme: theme(), selected: app.selected }, nodes, first);
  }

  private at(x: number, y: number): number {
    return pick(this.places, this.surface, this.scene.shows, x, y);
  }

  private hover(x: number, y: number): void {
    const found = this.at(x, y);
    const box = this.surface.canvas.getBoundingClientRect();
    const near = found >= 0 ? this.scene.nextTo(found).length : 0;
    this.app.hover(
      found < 0
        ? undefined
        : {
            x: box.left + x,
            y: box.top + y,
            model: found,
            lines: [`${near.toLocaleString("en")} neighbours in sight`],
          },
    );
    if (found === this.hovered) return;
    this.hovered = found;
    this.surface.draw();
  }

  private click(x: number, y: number, event: PointerEvent): void {
    const found = this.at(x, y);
    if (found < 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) this.app.toggle(found);
    else this.app.open(found);
  }

  private lasso(points: readonly [number, number][]): void {
    const { x, y } = this.sight;
    this.app.select(this.scene.order.filter((m) => this.scene.shows[m] && inside(points, x[m], y[m])));
  }

  private key(event: KeyboardEvent): boolean {
    const step = { n: 1, p: -1, "]": 1, "[": -1 }[event.key];
    if (event.key === "n" || event.key === "p")
      this.stepAmong(
        this.scene.order.filter((m) => this.scene.shows[m]),
        step!,
        true,
      );
    else if (step && this.anchor >= 0) this.stepAmong(this.scene.nextTo(this.anchor), step, false);
    else if (event.key === "w" && this.focus >= 0) this.stand(this.focus, true);
    else if (event.key === "Enter" && this.focus >= 0) this.app.open(this.focus);
    else if (event.key === " " && this.focus >= 0) this.app.toggle(this.focus);
    else if (event.key === "Escape") this.stand(-1, true);
    else return false;
    return true;
  }

  private stepAmong(models: ArrayLike<number>, step: number, anchors: boolean): void {
    if (!models.length) return this.app.say("No neighbours in sight");
    const at = Array.prototype.indexOf.call(models, this.focus);
    const next = at < 0 ? (step > 0 ? 0 : models.length - 1) : (at + step + models.length) % models.length;
    this.stand(models[next], anchors);
  }

  private walkByArrow(event: KeyboardEvent): void {
    const way = WAYS[event.key];
    if (!event.altKey || !way) return;
    event.preventDefault();
    if (this.focus < 0)
      return this.stepAmong(
        this.scene.order.filter((m) => this.scene.shows[m]),
        1,
        true,
      );
    const next = towards(this.scene.nextTo(this.focus), this.scene.x, this.scene.y, this.focus, way);
    if (next >= 0) this.stand(next, true);
    else this.app.say("No neighbour on that side");
  }

  /** Put the keyboard's ring on a model. */
  private stand(model: number, anchors: boolean): void {
    this.focus = model;
    this.hovered = -1;
    if (anchors) this.anchor = model;
    if (model >= 0) {
      const [x, y] = [this.sight.x[model], this.sight.y[model]];
      if (x < 0 || y < 0 || x > this.surface.width || y > this.surface.height) {
        this.surface.look({ ...this.surface.get(), x: this.scene.x[model], y: this.scene.y[model] });
        this.moved();
      }
      this.app.say(`${this.app.bundle.name(model)}, ${this.scene.nextTo(model).length} neighbours`);
    }
    this.surface.draw();
  }

  controls(): Node[] {
    const { store, bundle } = this.app;
    const options = bundle.manifest.graphs.map((graph) => [graph.name, shown(graph.label, 40)] as const);
    const which =
      options.length > 1
        ? [
            choice("Edges", [...options, [BOTH, "all of them"]], this.which, (value) =>
              store.choose("graph.which", value),
            ),
          ]
        : [];
    const alone = store.setting("graph.singles") === "hide";
    const singles = toggle("Hide isolated nodes", alone, (on) =>
      store.choose("graph.singles", on ? "hide" : ""),
    );
    return [
      ...which,
      ...slider(this.app, this.scene, this.least),
      ...kinds(this.app, this.scene, this.hidden),
      singles,
      ...growing(this.app, this.scene),
    ];
  }

  table(): Table {
    const { scene, sight } = this;
    const seen = sight.x.length === scene.x.length;
    return edgeTable(scene, seen ? inSight(scene, sight, nodesInSight(scene, sight)) : scene.chosen);
  }

  close(): void {
    clearTimeout(this.late);
    this.app.hover();
    this.surface.close();
  }
}

export const graph: View = {
  id: "graph",
  label: "Graph",
  has: (bundle) => bundle.manifest.graphs.some((each) => each.source.length > 0),
  open: (host, app) => new GraphView(host, app),
};
