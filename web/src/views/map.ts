// Models as points: alike ones lie near each other.

import type { Bundle } from "../bundle";
import { button, choice, shown } from "../dom";
import type { ModelMap } from "../manifest";
import { modelsTable, passingModels } from "../panel";
import { Cloud, type Points, countCaption } from "../points/cloud";
import { type Scale, places, scaleFor } from "../points/scale";
import type { App, OpenView, Table, View } from "../view";

const MOST_DISCS = 20_000;
const MOST_DOTS = 200_000;

export const map: View = {
  id: "map",
  label: "Map",
  has: (bundle) => bundle.manifest.maps.length > 0,
  open: (host, app) => new MapView(host, app),
};

class MapView implements OpenView {
  private chosen: ModelMap;
  private points: Points;
  private readonly cloud: Cloud;

  constructor(
    host: HTMLElement,
    private readonly app: App,
  ) {
    this.chosen = this.wanted();
    this.points = pointsOf(this.chosen, app.bundle);
    this.cloud = new Cloud(host, app, "map", this.label(), this.points, true);
  }

  update(): void {
    const wanted = this.wanted();
    if (wanted !== this.chosen) {
      this.chosen = wanted;
      this.points = pointsOf(wanted, this.app.bundle);
    }
    this.cloud.show(this.points, this.label());
  }

  controls(): Node[] {
    const { maps } = this.app.bundle.manifest;
    const select = button(
      "Select visible",
      () => this.app.select(this.cloud.inSight()),
      "Select the models in sight",
    );
    if (maps.length < 2) return [select];
    const options = maps.map((each) => [each.name, shown(each.label, 40)] as const);
    return [
      choice("Map", options, this.chosen.name, (name) => this.app.store.choose("map.map", name)),
      select,
    ];
  }

  paint(pen: Parameters<NonNullable<OpenView["paint"]>>[0]): void {
    this.cloud.paint(pen, 2);
  }

  /** Models that pass, with their places. */
  table(): Table {
    const { bundle } = this.app;
    const [x, y] = [bundle.numbers(this.chosen.x), bundle.numbers(this.chosen.y)];
    const models = passingModels(this.app).filter(
      (model) => !Number.isNaN(x[model]) && !Number.isNaN(y[model]),
    );
    const of = modelsTable(this.app, models);
    const labels = this.chosen.axes.map((axis, k) => shown(axis, 40) || "xy"[k]);
    const [first, ...rest] = of.columns;
    return {
      ...of,
      columns: [first, ...labels.map((label) => ({ label, numeric: true })), ...rest],
      cell: (row, column) => {
        if (column === 1 || column === 2) return Number((column === 1 ? x : y)[models[row]].toPrecision(4));
        return of.cell(row, column === 0 ? 0 : column - 2);
      },
    };
  }

  close(): void {
    this.cloud.close();
  }

  private wanted(): ModelMap {
    const { maps } = this.app.bundle.manifest;
    const name = this.app.store.setting("map.map");
    return maps.find((each) => each.name === name) ?? maps[0];
  }

  private label(): string {
    const many = this.app.passing?.reduce((sum, each) => sum + each, 0) ?? this.app.bundle.count;
    return `Map of ${many.toLocaleString("en")} models: ${shown(this.chosen.label, 60)}. Brackets go from model to model, arrows move, plus and minus zoom.`;
  }
}

/** One scale for both directions, so that distances are true. */
function pointsOf(map: ModelMap, bundle: Bundle): Points {
  const [xs, ys] = [bundle.numbers(map.x), bundle.numbers(map.y)];
  const [across, up] = [scaleFor(xs, "linear"), scaleFor(ys, "linear")];
  const span = Math.max(across.high - across.low, up.high - up.low);
  const wide = (scale: Scale): Scale => {
    const middle = (scale.low + scale.high) / 2;
    return { kind: "linear", low: middle - span / 2, high: middle + span / 2 };
  };
  const [sx, sy] = [wide(across), wide(up)];
  const named = map.axes.some((axis) => axis !== "");
  const axis = (k: 0 | 1, scale: Scale) => ({ label: shown(map.axes[k], 60), scale, dates: false });
  return {
    x: places(sx, xs),
    y: places(sy, ys, true),
    axes: named ? [axis(0, sx), axis(1, sy)] : undefined,
    backdrop: true,
    look: { mostDiscs: MOST_DISCS, cell: (points) => (points > MOST_DOTS ? 1 : 2), faintest: 0.45 },
    captions: (drawn) => [`${shown(map.label, 60)} · ${countCaption(drawn)}`],
    lines: 1,
  };
}
