// Scores: a benchmark's models ranked, forecast ones among the known, with their intervals.

import { middle, ranked, type Row, rowAt, scaleOf, told } from "../charts/ranking";
import { paintRanking, type RankWindow } from "../charts/rankpicture";
import { theme } from "../colours";
import { choice, h, shown, toggle } from "../dom";
import type { Forecast } from "../manifest";
import type { Pen } from "../pen";
import { place, type Scale } from "../points/scale";
import { type Camera, cameraOf, cameraText, inside, type Shape, Surface, WHOLE } from "../surface";
import type { App, OpenView, Table, View } from "../view";
import "./scores.css";

const ROW = 22;
const NARROW = 700;
const REACH = 5;
const COLUMNS = ["model", "benchmark", "value", "low", "high", "known or forecast"];

class ScoresView implements OpenView {
  private readonly surface: Surface;
  private readonly none = h("p", { class: "scores-none", role: "status", hidden: true });
  private rows: Row[] = [];
  private scale!: Scale;
  private pointed = -1;
  private made: unknown[] = [];
  private fitted = "";

  constructor(
    host: HTMLElement,
    private readonly app: App,
  ) {
    this.make();
    this.surface = new Surface(
      host,
      this.description(),
      {
        paint: (pen, width, height) => this.draw(pen, width, height),
        moved: (camera) => app.store.choose("scores.camera", cameraText(camera)),
        hover: (x, y) => this.point(this.find(x, y), x, y),
        leave: () => this.point(-1),
        click: (x, y, event) =>
          this.choose(this.find(x, y), event.ctrlKey || event.metaKey || event.shiftKey),
        lasso: (points) => this.lasso(points),
        key: (event) => this.key(event),
      },
      { even: false, wheel: "y", room: [0, 0, 0, 0], deepest: 4 },
    );
    host.append(this.none);
    this.update();
  }

  close(): void {
    this.app.hover();
    this.surface.close();
    this.none.remove();
  }

  update(): void {
    this.make();
    this.surface.canvas.setAttribute("aria-label", this.description());
    this.none.hidden = this.rows.length > 0;
    this.none.textContent = this.absent();
    this.look();
  }

  controls(): Node[] {
    const { forecasts } = this.app.bundle.manifest;
    const which = forecasts.map(({ benchmark }, k) => [String(k), shown(benchmark, 60)] as const);
    return [
      choice("Benchmark", which, String(forecasts.indexOf(this.scores)), (value) =>
        this.settings({ which: value === "0" ? "" : value, camera: "" }),
      ),
      toggle("Only forecasts", this.only, (on) => this.settings({ only: on ? "yes" : "", camera: "" })),
      toggle("All rows in sight", this.setting("rows") === "all", (on) =>
        this.settings({ rows: on ? "all" : "", camera: "" }),
      ),
    ];
  }

  table(): Table {
    const { rows, app } = this;
    const benchmark = this.scores.benchmark;
    return {
      columns: COLUMNS.map((label, k) => ({ label, numeric: k > 1 && k < 5 })),
      rows: rows.length,
      cell: (k, column) => {
        const { model, value, low, high, forecast } = rows[k];
        return [app.bundle.name(model), benchmark, value, low, high, forecast ? "forecast" : "known"][column];
      },
      model: (k) => rows[k].model,
    };
  }

  paint(pen: Pen, width: number, height: number): void {
    const { app, rows, scale, pointed, scores } = this;
    paintRanking(
      pen,
      {
        rows,
        scale,
        pointed,
        benchmark: scores.benchmark,
        level: scores.level,
        name: (model) => app.bundle.name(model),
        colour: (model) => app.colours.of(model),
        selected: (model) => app.selected[model] === 1,
      },
      this.window(width, height),
      theme(),
    );
  }

  /** On a canvas of another size the rows have other room. */
  private draw(pen: Pen, width: number, height: number): void {
    const size = `${width} ${height}`;
    if (size !== this.fitted) {
      this.fitted = size;
      this.look();
    }
    this.paint(pen, width, height);
  }

  private get scores(): Forecast {
    const { forecasts } = this.app.bundle.manifest;
    return forecasts[Number(this.setting("which"))] ?? forecasts[0];
  }

  private get only(): boolean {
    return this.setting("only") === "yes";
  }

  private setting(name: string): string {
    return this.app.store.setting(`scores.${name}`);
  }

  private settings(change: Record<string, string>): void {
    const settings: Record<string, string> = { ...this.app.store.get().settings };
    for (const [name, value] of Object.entries(change)) {
      if (value === "") delete settings[`scores.${name}`];
      else settings[`scores.${name}`] = value;
    }
    this.app.store.set({ settings });
  }

  private make(): void {
    const made = [this.scores, this.only, this.app.passing];
    if (made.every((each, k) => each === this.made[k]) && this.made.length) return;
    this.made = made;
    this.rows = ranked(this.app.bundle, this.scores, this.app.passing, this.only);
    this.scale = scaleOf(this.rows);
    this.pointed = -1;
  }

  private description(): string {
    const forecasts = this.rows.filter(({ forecast }) => forecast).length;
    return `${shown(this.scores.benchmark, 60)}: ${this.rows.length} models by score, ${forecasts} of them forecast. Up and down go from model to model, Enter opens one, space selects it, shift with arrows moves the picture, plus and minus zoom. The same is in the table beside it.`;
  }

  private absent(): string {
    const benchmark = shown(this.scores.benchmark, 60);
    const what = this.only ? `Nothing is forecast of ${benchmark}` : `No score of ${benchmark} is here`;
    return `${what}${this.app.passing ? " for models that pass the filters" : ""}.`;
  }

  private look(): void {
    this.surface.shape = this.shape();
    const camera = this.setting("camera");
    this.surface.look(camera === "" ? this.start() : cameraOf(camera));
  }

  /** The highest rows, as many as can be read; or all. */
  private start(): Camera {
    const [, top, , bottom] = this.surface.shape.room;
    const fit = Math.max(1, Math.floor((this.surface.height - top - bottom) / ROW));
    const zy = Math.max(1, this.rows.length / fit);
    return this.setting("rows") === "all" ? WHOLE : { ...WHOLE, zy, y: 0.5 / zy };
  }

  private shape(): Shape {
    const narrow = (this.surface?.width ?? NARROW) < NARROW;
    const room: Shape["room"] = narrow ? [130, 40, 52, 48] : [230, 40, 164, 48];
    return { even: false, wheel: "y", room, deepest: Math.max(4, this.rows.length / 4) };
  }

  private window(width: number, height: number): RankWindow {
    const { surface } = this;
    const [left, top, right, bottom] = surface.shape.room;
    return {
      left,
      top,
      right: width - right,
      bottom: height - bottom,
      width,
      height,
      sx: (x) => surface.sx(x),
      sy: (y) => surface.sy(y),
      wx: (x) => surface.wx(x),
      wy: (y) => surface.wy(y),
    };
  }

  private find(x: number, y: number): number {
    const { top, bottom } = this.window(this.surface.width, this.surface.height);
    if (y < top || y > bottom) return -1;
    return rowAt(
      this.rows,
      this.scale,
      this.surface.wx(x),
      this.surface.wy(y),
      REACH / this.surface.scaleY(),
    );
  }

  private point(row: number, x = 0, y = 0): void {
    if (row !== this.pointed) {
      this.pointed = row;
      this.surface.draw();
    }
    if (row < 0) return this.app.hover();
    const box = this.surface.canvas.getBoundingClientRect();
    this.app.hover({ x: box.left + x, y: box.top + y, model: this.rows[row].model, lines: [this.told(row)] });
  }

  private told(row: number): string {
    return `${shown(this.scores.benchmark, 40)} ${told(this.rows[row], this.scores.level)}`;
  }

  private choose(row: number, add: boolean): void {
    if (row < 0) return;
    const { model } = this.rows[row];
    if (!add) return this.app.open(model);
    const { selected } = this.app.store.get();
    this.app.select(
      this.app.selected[model] ? selected.filter((each) => each !== model) : [...selected, model],
    );
  }

  private lasso(points: readonly [number, number][]): void {
    const { surface, scale, rows } = this;
    const within = rows.filter(({ value }, k) =>
      inside(points, surface.sx(place(scale, value)), surface.sy(middle(k, rows.length))),
    );
    this.app.select(within.map(({ model }) => model));
  }

  private key(event: KeyboardEvent): boolean {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      n: 1,
      ArrowUp: -1,
      p: -1,
      Home: -Infinity,
      End: Infinity,
    };
    if (event.shiftKey || !this.rows.length) return false;
    if (event.key in steps) this.walk(steps[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.choose(this.pointed, event.key === " ");
    else return false;
    return true;
  }

  private walk(step: number): void {
    this.pointed = Math.min(this.rows.length - 1, Math.max(0, this.pointed + step));
    this.app.say(
      `${this.pointed + 1}. ${shown(this.app.bundle.name(this.rows[this.pointed].model), 100)}. ${this.told(this.pointed)}`,
    );
    this.follow();
  }

  /** Keep the row the keys are at in sight. */
  private follow(): void {
    const { surface } = this;
    const { top, bottom } = this.window(surface.width, surface.height);
    const y = surface.sy(middle(this.pointed, this.rows.length));
    const [least, most] = [top + ROW, bottom - ROW];
    const out = y < least ? y - least : y > most ? y - most : 0;
    const camera = surface.get();
    if (out) this.settings({ camera: cameraText({ ...camera, y: camera.y + out / surface.scaleY() }) });
    else surface.draw();
  }
}

export const scores: View = {
  id: "scores",
  label: "Scores",
  has: ({ manifest }) => manifest.forecasts.some(({ model }) => model.length > 0),
  open: (host, app) => new ScoresView(host, app),
};
