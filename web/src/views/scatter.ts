// Any two numbers of models against each other, with the line and the correlations.

import { theme } from "../colours";
import { button, choice, shown } from "../dom";
import type { Column } from "../manifest";
import { passingModels } from "../panel";
import type { Pen } from "../pen";
import type { Area, Axis } from "../points/axes";
import { type Line, clipped } from "../points/clip";
import { Cloud, type Points, countCaption } from "../points/cloud";
import { fitCaption, measured, together, usual } from "../points/pairs";
import { type ScaleKind, bent, place, places, scaleFor, valueAt } from "../points/scale";
import type { Fit } from "../points/statistics";
import type { App, OpenView, Table, View } from "../view";

/** Fewer than on the map: counts and downloads have many ties, whose discs hide each other. */
const MOST_DISCS = 3_000;
const CELL = 4;

export const scatter: View = {
  id: "scatter",
  label: "Scatter",
  has: (bundle) => measured(bundle).length > 1,
  open: (host, app) => new ScatterView(host, app),
};

class ScatterView implements OpenView {
  private key = "";
  private passing: Uint8Array | undefined;
  private fit!: Fit;
  private axes!: [Axis, Axis];
  private points: Points;
  private readonly cloud: Cloud;

  constructor(
    host: HTMLElement,
    private readonly app: App,
  ) {
    this.points = this.made();
    this.cloud = new Cloud(host, app, "scatter", this.label(), this.points, false);
  }

  update(): void {
    if (
      this.key !==
        this.columns()
          .map((c) => c.name)
          .join() +
          this.kinds().join() ||
      this.passing !== this.app.passing
    ) {
      this.points = this.made();
    }
    this.cloud.show(this.points, this.label());
  }

  controls(): Node[] {
    const { store, bundle } = this.app;
    const columns = measured(bundle).map((column) => [column.name, shown(column.label, 30)] as const);
    const [x, y] = this.columns();
    const kinds = this.kinds();
    const scales = [
      ["log1p", "log(1 + n)"],
      ["linear", "linear"],
    ] as const;
    return [
      choice("Up", columns, y.name, (name) => store.choose("scatter.y", name)),
      choice("scale", scales, kinds[1], (kind) => store.choose("scatter.sy", kind)),
      choice("Across", columns, x.name, (name) => store.choose("scatter.x", name)),
      choice("scale", scales, kinds[0], (kind) => store.choose("scatter.sx", kind)),
      button("Select visible", () => this.app.select(this.cloud.inSight()), "Select the models in sight"),
    ];
  }

  paint(pen: Pen): void {
    this.cloud.paint(pen, 2);
  }

  /** Models that pass and have both numbers. */
  table(): Table {
    const { bundle } = this.app;
    const [x, y] = this.columns();
    const known = (model: number) =>
      !Number.isNaN(bundle.number(x, model)) && !Number.isNaN(bundle.number(y, model));
    const models = passingModels(this.app).filter(known);
    const value = (column: Column, model: number) =>
      column.kind === "date" ? bundle.text(column, model) : bundle.number(column, model);
    return {
      columns: [
        { label: "model", numeric: false },
        ...[x, y].map((c) => ({ label: c.label, numeric: c.kind === "number" })),
      ],
      rows: models.length,
      cell: (row, column) => (column ? value(column === 1 ? x : y, models[row]) : bundle.name(models[row])),
      model: (row) => models[row],
    };
  }

  close(): void {
    this.cloud.close();
  }

  private columns(): [Column, Column] {
    const all = measured(this.app.bundle);
    const [x, y] = usual(all);
    const wanted = (way: string) =>
      all.find((column) => column.name === this.app.store.setting(`scatter.${way}`));
    return [wanted("x") ?? x, wanted("y") ?? y];
  }

  private kinds(): [ScaleKind, ScaleKind] {
    const of = (column: Column, setting: string): ScaleKind => {
      const wanted = this.app.store.setting(setting, column.log ? "log1p" : "linear");
      return scaleFor(this.app.bundle.numbers(column.values!), wanted === "log1p" ? "log1p" : "linear").kind;
    };
    const [x, y] = this.columns();
    return [of(x, "scatter.sx"), of(y, "scatter.sy")];
  }

  private made(): Points {
    const [columns, kinds] = [this.columns(), this.kinds()];
    this.key = columns.map((c) => c.name).join() + kinds.join();
    this.passing = this.app.passing;
    const [xs, ys] = columns.map((column) => this.app.bundle.numbers(column.values!));
    this.fit = together(xs, ys, kinds, this.passing);
    this.axes = [axis(columns[0], xs, kinds[0]), axis(columns[1], ys, kinds[1])];
    const [across, up] = this.axes.map((each) => each.scale);
    const caption = fitCaption(this.fit, kinds);
    return {
      x: places(across, xs),
      y: places(up, ys, true),
      axes: this.axes,
      backdrop: false,
      look: { mostDiscs: MOST_DISCS, cell: () => CELL, faintest: 0.6 },
      captions: (drawn) => [caption, countCaption(drawn)],
      lines: 2,
      over: (pen, area, cloud) => this.paintLine(pen, area, cloud),
    };
  }

  /** The fitted line, from the least to the most x: it says nothing beyond. Returns its ends. */
  private paintLine(pen: Pen, area: Area, { surface }: Cloud): Line | undefined {
    const { slope, intercept } = this.fit;
    if (Number.isNaN(slope)) return undefined;
    const [across, up] = this.axes.map((each) => each.scale);
    const height = (x: number) => {
      const fitted = slope * bent(across.kind, valueAt(across, x)) + intercept;
      return surface.sy(1 - place(up, up.kind === "log1p" ? Math.expm1(fitted) : fitted));
    };
    const ends = [across.low, across.high].map((value) => place(across, value));
    const line = ends.map((x) => [surface.sx(x), height(x)] as const);
    const cut = clipped(line[0], line[1], area);
    if (!cut) return undefined;
    pen.strokeStyle = theme().ink;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(...cut[0]);
    pen.lineTo(...cut[1]);
    pen.stroke();
    return cut;
  }

  private label(): string {
    const [x, y] = this.columns().map((column) => shown(column.label, 40));
    return `Scatter of ${y} against ${x}: ${fitCaption(this.fit, this.kinds())}. Brackets go from model to model.`;
  }
}

function axis(column: Column, values: ArrayLike<number>, wanted: ScaleKind): Axis {
  const scale = scaleFor(values, wanted);
  const label = shown(column.label, 40) + (scale.kind === "log1p" ? ", log(1 + n) scale" : "");
  return { label, scale, dates: column.kind === "date" };
}
