// Points on a surface: what the map and the scatter have in common.

import { rgb, theme } from "../colours";
import { shown } from "../dom";
import { passingModels } from "../panel";
import type { Pen } from "../pen";
import { Remembered } from "../remembered";
import { Surface, inside } from "../surface";
import type { App } from "../view";
import type { Area, Axis } from "./axes";
import type { Line } from "./clip";
import { type Drawn, Layer, LayerImage, type Look, inkOf } from "./layer";
import { type Mark, type Scene, paintScene } from "./picture";
import type { Frame, Ink } from "./pixels";

/** What is shown: places of models in the unit square (y downwards), NaN for none. */
export interface Points {
  x: Float32Array;
  y: Float32Array;
  axes: readonly [Axis, Axis] | undefined;
  /** Whether models that don't pass the filters are there, faded. */
  backdrop: boolean;
  look: Look;
  /** Lines above the picture, as many as `lines`. */
  captions(drawn: Drawn): string[];
  lines: number;
  /** Draws what lies over the points: a line, which labels keep off. */
  over?: (pen: Pen, area: Area, cloud: Cloud) => Line | undefined;
}

const REACH = 12;
const MOST_LABELLED = 1_500;
const MOST_WALKED = 20_000;
const LONGEST_LABEL = 34;
/** Rings around more would be one blot: then the points themselves have the selection's colour. */
const MOST_RINGS = 2_000;

export class Cloud {
  readonly surface: Surface;
  private front!: Layer;
  private back: Layer | undefined;
  private ink!: Ink;
  private shade: Uint8Array | undefined;
  private passing: Uint8Array | undefined;
  private focus = -1;
  private readonly image = new LayerImage();
  private readonly remembered: Remembered;
  private readonly redraw = () => this.surface.draw();

  constructor(
    host: HTMLElement,
    private readonly app: App,
    id: string,
    label: string,
    private points: Points,
    even: boolean,
  ) {
    this.remembered = new Remembered(app, `${id}.camera`);
    const room = points.axes ? ([66, 12 + 18 * points.lines, 18, 50] as const) : ([10, 30, 10, 10] as const);
    const shape = { even, wheel: "both", room, deepest: 5_000 } as const;
    this.surface = new Surface(
      host,
      label,
      {
        paint: (context) => this.paint(context, window.devicePixelRatio || 1),
        moved: (camera) => this.remembered.moved(camera),
        hover: (x, y) => this.hover(x, y),
        leave: () => this.app.hover(),
        click: (x, y, event) => this.click(x, y, event),
        lasso: (way) => this.lasso(way),
        key: (event) => this.key(event),
      },
      shape,
    );
    this.surface.look(this.remembered.camera);
    this.show(points, label);
    window.addEventListener("resize", this.redraw);
  }

  /** Other points, or other filters, colours or selection. */
  show(points: Points, label: string): void {
    const { colours, passing } = this.app;
    if (!this.front || points !== this.points || passing !== this.passing) {
      this.points = points;
      this.passing = passing;
      const { x, y } = points;
      this.front = new Layer(x, y, passing ? passingModels(this.app) : undefined);
      this.back = passing && points.backdrop ? new Layer(x, y, others(passing)) : undefined;
      this.shade = undefined;
    }
    if (this.shade !== colours.shade) {
      this.shade = colours.shade;
      this.ink = inkOf(colours.palette, this.front.shades(colours.shade));
    }
    const camera = this.remembered.changed();
    if (camera) this.surface.look(camera);
    this.surface.canvas.setAttribute("aria-label", label);
    this.surface.draw();
  }

  close(): void {
    this.remembered.close();
    window.removeEventListener("resize", this.redraw);
    this.surface.close();
  }

  get area(): Area {
    const {
      width,
      height,
      shape: {
        room: [left, top, right, bottom],
      },
    } = this.surface;
    return {
      left,
      top,
      width: Math.max(1, width - left - right),
      height: Math.max(1, height - top - bottom),
    };
  }

  /** ratio: pixels of the image to one of the page. */
  paint(pen: Pen, ratio: number): void {
    const { area, surface, points, front } = this;
    const colours = theme();
    const { selected } = this.app.store.get();
    const ringed = selected.length <= MOST_RINGS;
    const marked = ringed
      ? undefined
      : { models: selected, x: points.x, y: points.y, colour: numbers(colours.mark) };
    const drawn = this.image.draw(
      front,
      this.ink,
      this.back,
      numbers(colours.faint),
      this.frame(),
      area.width,
      area.height,
      ratio,
      points.look,
      marked,
    );
    const scene: Scene = {
      area,
      window: surface,
      theme: colours,
      axes: points.axes,
      image: this.image.canvas,
      drawn,
      grid: front.grid,
      colour: (place) => {
        const model = front.model(place);
        return marked && this.app.selected[model] ? colours.mark : this.app.colours.of(model);
      },
      selected: ringed ? selected.map((model) => this.mark(model)) : [],
      focus: this.focus < 0 ? undefined : this.mark(this.focus),
      labels: this.labels(drawn),
      captions: points.captions(drawn),
      over: points.over && ((pen) => points.over!(pen, area, this)),
    };
    paintScene(pen, scene);
  }

  /** Models that pass and are in sight. */
  inSight(most = Infinity): number[] {
    const { left, top, width, height } = this.area;
    const { surface } = this;
    const box = {
      left: surface.wx(left),
      right: surface.wx(left + width),
      top: surface.wy(top),
      bottom: surface.wy(top + height),
    };
    return this.front.grid.within(box, most).map((place) => this.front.model(place));
  }

  private frame(): Frame {
    const { surface, area } = this;
    return {
      scaleX: surface.scaleX(),
      scaleY: surface.scaleY(),
      shiftX: surface.sx(0) - area.left,
      shiftY: surface.sy(0) - area.top,
    };
  }

  private mark(model: number): Mark {
    const name = this.app.bundle.name(model);
    const text = shown(name.slice(name.indexOf("/") + 1), LONGEST_LABEL);
    return { x: this.points.x[model], y: this.points.y[model], text };
  }

  /** The one the keyboard is at and the selected ones first, then the most downloaded, then the first. */
  private labels({ places }: Drawn): Mark[] {
    if (!places || places.length > MOST_LABELLED) return [];
    const { bundle, selected } = this.app;
    const column = bundle.column("downloads");
    const weight = (model: number) => (column && bundle.number(column, model)) || 0;
    const models = places.map((place) => this.front.model(place));
    const first = (model: number) => (model === this.focus ? 2 : selected[model]);
    models.sort((a, b) => first(b) - first(a) || weight(b) - weight(a) || a - b);
    return models.map((model) => this.mark(model));
  }

  private at(x: number, y: number): number {
    const { surface, front } = this;
    const place = front.grid.nearest(
      surface.wx(x),
      surface.wy(y),
      REACH / surface.scaleX(),
      REACH / surface.scaleY(),
      () => true,
    );
    return place < 0 ? -1 : front.model(place);
  }

  private hover(x: number, y: number): void {
    const model = this.at(x, y);
    const box = this.surface.canvas.getBoundingClientRect();
    this.surface.canvas.style.cursor = model < 0 ? "" : "pointer";
    this.app.hover(model < 0 ? undefined : { x: box.left + x, y: box.top + y, model });
  }

  private click(x: number, y: number, event: PointerEvent): void {
    const model = this.at(x, y);
    if (model < 0) return;
    if (event.ctrlKey || event.shiftKey || event.metaKey) this.app.toggle(model);
    else this.app.open(model);
  }

  private lasso(way: readonly [number, number][]): void {
    const { surface, front } = this;
    const polygon = way.map(([x, y]) => [surface.wx(x), surface.wy(y)] as const);
    const [xs, ys] = [polygon.map(([x]) => x), polygon.map(([, y]) => y)];
    const box = {
      left: Math.min(...xs),
      right: Math.max(...xs),
      top: Math.min(...ys),
      bottom: Math.max(...ys),
    };
    const { x, y } = front.grid;
    this.app.select(
      front.grid
        .within(box)
        .filter((k) => inside(polygon, x[k], y[k]))
        .map((k) => front.model(k)),
    );
  }

  /** [ and ] go from mark to mark, from left to right; Enter opens one and space selects it. */
  private key(event: KeyboardEvent): boolean {
    const step = { "[": -1, "]": 1 }[event.key];
    if (step) this.walk(step);
    else if (event.key === "Enter" && this.focus >= 0) this.app.open(this.focus);
    else if (event.key === " " && this.focus >= 0) this.app.toggle(this.focus);
    else return false;
    return true;
  }

  private walk(step: number): void {
    const models = this.inSight(MOST_WALKED + 1);
    if (models.length > MOST_WALKED)
      return this.app.say("Too many models in sight to go through: zoom in with +");
    if (!models.length) return this.app.say("No models in sight");
    const { x, y } = this.points;
    models.sort((a, b) => x[a] - x[b] || y[a] - y[b] || a - b);
    const now = models.indexOf(this.focus);
    const next = now < 0 ? (step > 0 ? 0 : models.length - 1) : (now + step + models.length) % models.length;
    this.focus = models[next];
    this.app.say(`${this.app.bundle.name(this.focus)}, ${next + 1} of ${models.length} in sight`);
    this.surface.draw();
  }
}

/** How counts are told above a picture. */
export function countCaption({ most, cell, inSight }: Drawn): string {
  const many = inSight.toLocaleString("en");
  if (!most) return `${many} in sight`;
  const size = cell === 1 ? "a pixel" : `a cell of ${cell} pixels`;
  return `shade: 1 to ${most.toLocaleString("en")} models in ${size}, logarithmic`;
}

function others(passing: Uint8Array): Uint32Array {
  return new Uint32Array(passing.length).map((_, model) => model).filter((model) => !passing[model]);
}

/** A colour of the style sheet, "#rrggbb" or anything else a canvas knows. */
function numbers(colour: string): readonly [number, number, number] {
  return /^#[0-9a-f]{6}$/i.test(colour) ? rgb(colour) : [138, 144, 153];
}
