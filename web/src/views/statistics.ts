// Statistics: what is said of the whole, and counts of the models that pass the filters.

import { HEAD, height, overTime, paint, titled } from "../charts/bars";
import { type Card, countsOf, flow } from "../charts/cards";
import { paintSheet } from "../charts/sheet";
import { theme } from "../colours";
import { fill, h, shown } from "../dom";
import { type Pen, SvgPen } from "../pen";
import type { App, OpenView, Table, View } from "../view";
import "./statistics.css";

const CARD = 380;
const GAP = 16;
const INSIDE = 14;
const COLOURS = ["#3d8bc4", "#2a9d7c"];
const LINE = 18;

class StatisticsView implements OpenView {
  private readonly host = h("div", {
    class: "scrolls statistics",
    tabindex: 0,
    role: "region",
    "aria-label": "Statistics",
  });
  private readonly watch: ResizeObserver;
  private said: readonly Card[] = [];
  private counted: readonly Card[] = [];
  private passed: Uint8Array | undefined | null = null;

  constructor(
    stage: HTMLElement,
    private readonly app: App,
  ) {
    stage.append(this.host);
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.host);
    this.update();
  }

  update(): void {
    const { bundle, passing } = this.app;
    if (this.passed !== passing) {
      this.passed = passing;
      this.said = bundle.manifest.statistics;
      const columns = bundle.manifest.models.columns.filter(
        (column) => column.kind === "category" && column.values,
      );
      this.counted = columns
        .map((column) => countsOf(bundle, column, passing))
        .filter((card) => card.labels.length);
    }
    this.draw();
  }

  private get heading(): string {
    const { passing, bundle } = this.app;
    const left = passing ? passing.reduce((sum, each) => sum + each, 0) : bundle.count;
    const all = bundle.count.toLocaleString("en");
    return passing
      ? `The ${left.toLocaleString("en")} of ${all} models that pass the filters`
      : `All ${all} models`;
  }

  private draw(): void {
    const inner = this.host.clientWidth - 2 * GAP;
    if (inner < 100) return;
    const columns = Math.max(1, Math.floor((inner + GAP) / CARD));
    const width = (inner - GAP * (columns - 1)) / columns - 2 * INSIDE - 2;
    const group = (cards: readonly Card[], colour: string) => {
      const { places } = flow(cards.map(heightOf), columns, GAP);
      const stacks = Array.from({ length: columns }, (_, column) =>
        h(
          "div",
          { class: "stack" },
          ...cards.filter((_, k) => places[k].column === column).map((card) => element(card, width, colour)),
        ),
      );
      return h("div", { class: "stacks" }, ...stacks);
    };
    const parts = this.said.length ? [h("h2", {}, "Of the whole"), group(this.said, COLOURS[0])] : [];
    fill(
      this.host,
      ...parts,
      h("h2", { "aria-live": "polite" }, this.heading),
      group(this.counted, COLOURS[1]),
    );
  }

  controls(): Node[] {
    return [];
  }

  /** All cards, smaller where they would not fit. */
  paint(pen: Pen, width: number, height: number): void {
    const coloured = (cards: readonly Card[], colour: string) => cards.map((card) => ({ card, colour }));
    paintSheet(
      pen,
      [...coloured(this.said, COLOURS[0]), ...coloured(this.counted, COLOURS[1])],
      width,
      height,
      theme(),
    );
  }

  table(): Table {
    const rows = [...this.said, ...this.counted].flatMap(({ title, labels, values, sentences }) => [
      ...labels.map((label, k) => [title, label, values[k]] as const),
      ...sentences.map((sentence) => [title, sentence, NaN] as const),
    ]);
    return {
      columns: [
        { label: "statistic", numeric: false },
        { label: "of", numeric: false },
        { label: "value", numeric: true },
      ],
      rows: rows.length,
      cell: (row, column) => (column === 2 && Number.isNaN(rows[row][2]) ? "" : rows[row][column]),
      model: () => -1,
    };
  }

  close(): void {
    this.watch.disconnect();
  }
}

function heightOf(card: Card): number {
  return HEAD + height(card) + LINE * card.sentences.length + 2 * INSIDE;
}

function element(card: Card, width: number, colour: string): HTMLElement {
  const made = h("section", { class: "stat" }, h("h3", { dir: "auto" }, shown(card.title, 120)));
  if (card.labels.length) {
    const pen = new SvgPen(width, height(card));
    paint(pen, card, { x: 0, y: 0, width }, theme(), colour);
    if (!overTime(card.labels)) titled(pen.root, card.labels);
    pen.root.setAttribute("role", "img");
    pen.root.setAttribute("aria-label", summary(card));
    made.append(pen.root);
  }
  made.append(
    ...card.sentences.map((sentence) => h("p", { class: "note", dir: "auto" }, shown(sentence, 400))),
  );
  return made;
}

function summary({ title, labels, values }: Card): string {
  const first = labels
    .slice(0, 3)
    .map((label, k) => `${shown(label, 40) || "not said"} ${values[k].toLocaleString("en")}`);
  return `${shown(title, 80)}: ${first.join(", ")}${labels.length > 3 ? ` and ${labels.length - 3} more, in the table` : ""}.`;
}

export const statistics: View = {
  id: "statistics",
  label: "Statistics",
  has: ({ manifest }) =>
    manifest.statistics.length > 0 || manifest.models.columns.some((column) => column.kind === "category"),
  open: (host, app) => new StatisticsView(host, app),
};
