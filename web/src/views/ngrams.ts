// Phrases of names: how many models have each, and how much those are liked and downloaded.

import { height, HEAD, paint } from "../charts/bars";
import { type Ink, Scaled } from "../charts/scaled";
import { theme } from "../colours";
import { choice, fill, h, shown } from "../dom";
import type { Ngrams } from "../manifest";
import { type Pen, SvgPen } from "../pen";
import { bestOf, holding } from "../phrases";
import { Grid } from "../table";
import type { App, OpenView, Table, View } from "../view";
import "./ngrams.css";

const MEASURES = [
  ["models", "models"],
  ["likes", "likes"],
  ["downloads", "downloads"],
] as const;
type Measure = (typeof MEASURES)[number][0];
const TOP = 30;
const EDGE = 20;

class PhrasesView implements OpenView {
  private readonly grid: Grid;
  private readonly find = h("input", {
    type: "search",
    "aria-label": "Phrases that contain",
    placeholder: "contains",
  });
  private readonly note = h("p", { class: "note", "aria-live": "polite" });
  private readonly picture = h("div", { class: "phrases-bars" });
  private readonly host: HTMLElement;
  private readonly watch: ResizeObserver;
  private readonly phrases: Ngrams;
  private places: number[] = [];
  private listed = "";

  constructor(
    stage: HTMLElement,
    private readonly app: App,
  ) {
    this.phrases = app.bundle.manifest.ngrams!;
    // in this grid a row stands for a phrase, so the grid's "model" is a phrase's place
    this.grid = new Grid(
      {
        open: (place) => this.search(place),
        chosen: (place) => this.phrases.texts[place] === app.store.get().query,
        select: (place) => this.search(place),
      },
      "Phrases; Enter searches for one",
    );
    this.find.value = app.store.setting("ngrams.find");
    this.find.addEventListener("input", () => app.store.choose("ngrams.find", this.find.value.trim()));
    const head = h(
      "div",
      { class: "phrases-head" },
      h("label", { class: "choice" }, h("span", {}, "Phrases with"), this.find),
      this.note,
    );
    this.host = h(
      "div",
      { class: "phrases" },
      h("div", { class: "phrases-list" }, head, this.grid.element),
      this.picture,
    );
    stage.append(this.host);
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.picture);
    this.update();
  }

  private get measure(): Measure {
    const wanted = this.app.store.setting("ngrams.by");
    return MEASURES.find(([name]) => name === wanted)?.[0] ?? "models";
  }

  private values(measure: Measure): ArrayLike<number> {
    return this.app.bundle.numbers(this.phrases[measure]);
  }

  update(): void {
    const wanted = this.app.store.setting("ngrams.find");
    if (wanted !== this.find.value.trim()) this.find.value = wanted;
    const listed = `${wanted}\n${this.measure}\n${this.app.store.get().query}`;
    if (listed !== this.listed) {
      this.listed = listed;
      this.places = bestOf(holding(this.phrases.texts, wanted), this.values(this.measure));
      const [few, all] = [
        this.places.length.toLocaleString("en"),
        this.phrases.texts.length.toLocaleString("en"),
      ];
      this.note.textContent = `${wanted ? `${few} of ${all}` : all} phrases. Click or tap one to search for models with it.`;
      this.grid.show(this.rows((row) => this.places[row]));
    }
    this.draw();
  }

  private draw(): void {
    const width = this.picture.clientWidth - 32;
    if (width < 60) return;
    const pen = new SvgPen(width, HEAD + height(this.top()) + 4);
    this.paintTop(pen, 0, 0, width);
    pen.root.setAttribute("role", "img");
    pen.root.setAttribute("aria-label", `${this.title()}: the same numbers are in the table.`);
    fill(this.picture, pen.root);
  }

  private top() {
    const first = this.places.slice(0, TOP);
    const values = this.values(this.measure);
    return {
      labels: first.map((place) => this.phrases.texts[place]),
      values: first.map((place) => values[place]),
    };
  }

  private title(): string {
    const what = {
      models: "Models with the phrase",
      likes: "Likes of models with the phrase",
      downloads: "Downloads of models with the phrase",
    }[this.measure];
    return `${what}, the ${Math.min(TOP, this.places.length)} most`;
  }

  private paintTop(pen: Ink, x: number, y: number, width: number): void {
    const colours = theme();
    pen.font = "600 14px sans-serif";
    pen.textAlign = "start";
    pen.textBaseline = "middle";
    pen.fillStyle = colours.ink;
    pen.fillText(this.title(), x, y + 11);
    paint(pen, this.top(), { x, y: y + HEAD, width }, colours, "#3d8bc4");
  }

  /** The bars, smaller where they would not fit. */
  paint(pen: Pen, width: number, tall: number): void {
    const scale = Math.min(1, tall / (HEAD + height(this.top()) + 2 * EDGE));
    this.paintTop(new Scaled(pen, scale), EDGE, EDGE, width / scale - 2 * EDGE);
  }

  private search(place: number): void {
    const query = this.phrases.texts[place];
    this.app.store.set({ query });
    const found = this.app.passing?.reduce((sum, each) => sum + each, 0) ?? this.app.bundle.count;
    this.app.say(`${found.toLocaleString("en")} models with ${shown(query, 60)}`);
  }

  controls(): Node[] {
    return [
      choice("Most", MEASURES, this.measure, (value) =>
        this.app.store.choose("ngrams.by", value === "models" ? "" : value),
      ),
    ];
  }

  table(): Table {
    return this.rows(() => -1);
  }

  private rows(model: (row: number) => number): Table {
    const values = MEASURES.map(([name]) => this.values(name));
    const most = values.map(
      (each) =>
        Array.prototype.reduce.call(each, (a, b) => Math.max(a as number, (b as number) || 0), 1) as number,
    );
    const { places } = this;
    return {
      columns: [
        { label: "phrase", numeric: false },
        ...MEASURES.map(([, label], k) => ({ label, numeric: true, most: most[k] })),
      ],
      rows: places.length,
      cell: (row, column) =>
        column ? Math.round(values[column - 1][places[row]]) : this.phrases.texts[places[row]],
      model,
    };
  }

  close(): void {
    this.watch.disconnect();
  }
}

export const ngrams: View = {
  id: "ngrams",
  label: "Phrases",
  has: (bundle) => (bundle.manifest.ngrams?.texts.length ?? 0) > 0,
  open: (host, app) => new PhrasesView(host, app),
};
