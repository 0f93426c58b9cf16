// The page around the views: heading, search, view, panel; the one place that knows all parts.

import type { Bundle } from "./bundle";
import type { Column } from "./manifest";
import { Colours } from "./colours";
import { button, fill, h, shown } from "./dom";
import { HoverCard } from "./hovercard";
import { saveCsv, savePng, saveSvg } from "./save";
import { Search, passing } from "./search";
import { SearchBox } from "./searchbox";
import { Names } from "./names";
import { joinNotebook } from "./notebook";
import { Panel } from "./panel";
import { follow, fromHash, looksElsewhere, type State, Store, toHash } from "./state";
import type { App, Card, OpenView, View } from "./view";
import { VIEWS } from "./views";

const THEMES = ["auto", "light", "dark"] as const;

export class Shell implements App {
  readonly store: Store;
  readonly search: Search | undefined;
  colours: Colours;
  passing: Uint8Array | undefined;
  selected: Uint8Array;
  private readonly views: readonly View[];
  private open_: OpenView | undefined;
  private readonly nav = h("nav", { "aria-label": "Views" });
  private readonly controls = h("div", { class: "controls", role: "group", "aria-label": "View controls" });
  private readonly stage = h("div", { class: "stage" });
  private readonly spoken = h("p", { class: "spoken", "aria-live": "polite", role: "status" });
  private readonly card = new HoverCard(this);
  private readonly panel: Panel;
  readonly names: Names;

  constructor(
    private readonly host: HTMLElement,
    readonly bundle: Bundle,
  ) {
    const state = fromHash(location.hash, bundle.count);
    this.views = VIEWS.filter((view) => view.has(bundle));
    this.store = new Store({ ...state, view: this.known(state.view) });
    const { names } = bundle.manifest.models;
    this.search = names ? new Search(names) : undefined;
    this.colours = this.coloured();
    this.selected = this.marked();
    this.passing = this.filtered();
    this.names = new Names(bundle, () => this.refresh());
    this.panel = new Panel(this);
  }

  start(): void {
    useTheme();
    document.title = `${this.bundle.manifest.title} · phylolm`;
    fill(this.host, this.heading(), this.middle(), this.card.element, this.spoken);
    follow(this.store, this.bundle.count);
    joinNotebook(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.refresh());
    this.store.on((state, before) => this.changed(state, before));
    this.turnTo(this.store.get().view);
  }

  select(models: Iterable<number>): void {
    const selected = [...new Set(models)].sort((a, b) => a - b);
    this.store.set({ selected });
    this.say(
      selected.length === 1
        ? `${this.bundle.name(selected[0])} selected`
        : `${selected.length} models selected`,
    );
  }

  toggle(model: number): void {
    const { selected } = this.store.get();
    this.select(this.selected[model] ? selected.filter((each) => each !== model) : [...selected, model]);
  }

  open(model: number): void {
    this.store.set({ model });
    if (model >= 0) this.say(`The page of ${this.bundle.name(model)} is open`);
  }

  hover(card?: Card): void {
    this.card.show(card);
  }

  say(text: string): void {
    this.spoken.textContent = shown(text);
  }

  /** The view that is open, for the panel's table and for saving. */
  get view(): OpenView | undefined {
    return this.open_;
  }

  private changed(state: State, before: State): void {
    if (looksElsewhere(state, before)) {
      this.open_?.update();
      return this.remakeControls();
    }
    if (state.colour !== before.colour) this.colours = this.coloured();
    if (state.selected !== before.selected) this.selected = this.marked();
    if (state.query !== before.query || state.filters !== before.filters) this.passing = this.filtered();
    if (state.view !== before.view) this.turnTo(state.view);
    else this.refresh();
  }

  private refresh(): void {
    this.names.need([this.store.get().model]);
    this.open_?.update();
    this.remakeControls();
    this.panel.update();
  }

  /** The controls made anew; the one that held the focus has it again. */
  private remakeControls(): void {
    const all = () => [...this.controls.querySelectorAll<HTMLElement>("button, select, input")];
    const held = all().findIndex((each) => each === document.activeElement);
    fill(this.controls, ...(this.open_?.controls() ?? []));
    if (held >= 0) all()[held]?.focus();
  }

  private turnTo(id: string): void {
    const view = this.views.find((each) => each.id === this.known(id));
    const closing = this.open_;
    this.open_ = undefined;
    closing?.close();
    fill(this.stage);
    this.open_ = view?.open(this.stage, this);
    fill(this.nav, ...this.views.map((each) => this.tab(each)));
    this.nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.host.dataset.view = view?.id ?? "";
    this.refresh();
  }

  private known(id: string): string {
    return this.views.some((view) => view.id === id) ? id : (this.views[0]?.id ?? "");
  }

  private tab(view: View): HTMLElement {
    const current = view.id === this.known(this.store.get().view);
    const turn = (event: Event) => {
      event.preventDefault();
      this.store.set({ view: view.id });
      this.nav.querySelector<HTMLElement>("[aria-current]")?.focus();
    };
    return h(
      "a",
      {
        href: `#${toHash({ ...this.store.get(), view: view.id })}`,
        "aria-current": current ? "page" : undefined,
        onclick: turn,
      },
      view.label,
    );
  }

  private heading(): HTMLElement {
    const { title, models } = this.bundle.manifest;
    return h(
      "header",
      {},
      h("h1", { title: shown(title) }, shown(title, 80)),
      h("span", { class: "count" }, `${models.count.toLocaleString("en")} models`),
      this.nav,
      new SearchBox(this, this.search).element,
      button("◐", () => this.turnTheme(), "Light, dark or as the system"),
    );
  }

  private turnTheme(): void {
    this.say(`Theme: ${nextTheme()}`);
    this.refresh();
  }

  private middle(): HTMLElement {
    const size = (): [number, number] => [this.stage.clientWidth, this.stage.clientHeight];
    const save = h(
      "details",
      { class: "save" },
      h("summary", {}, "Save"),
      h(
        "div",
        { role: "group", "aria-label": "Save this view" },
        button(
          "SVG",
          () => this.open_?.paint && saveSvg(this.open_, this.fileName(), ...size()),
          "Save as SVG",
        ),
        button(
          "PNG",
          () => this.open_?.paint && savePng(this.open_, this.fileName(), ...size()),
          "Save as PNG",
        ),
        button("CSV", () => this.open_ && saveCsv(this.open_, this.fileName()), "Save as CSV"),
      ),
    );
    const shut = (event: Event) => {
      const left = event.type === "pointerdown" && !save.contains(event.target as Node);
      if (left || (event as KeyboardEvent).key === "Escape") save.open = false;
    };
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, shut);
    const top = h("div", { class: "toolbar" }, this.controls, save);
    return h(
      "main",
      {},
      h("section", { class: "view", "aria-label": "View" }, top, this.stage),
      this.panel.element,
    );
  }

  private fileName(): string {
    return `phylolm-${this.known(this.store.get().view)}`;
  }

  private coloured(): Colours {
    const { columns } = this.bundle.manifest.models;
    const wanted = this.bundle.column(this.store.get().colour);
    const known = (each: Column) => {
      let many = 0;
      for (const value of this.bundle.numbers(each.values!)) if (value >= 0) many++;
      return many;
    };
    const categories = columns.filter((each) => each.kind === "category");
    const fullest = categories.sort((a, b) => known(b) - known(a))[0];
    return new Colours(wanted ?? columns.find((each) => each.name === "family") ?? fullest, this.bundle);
  }

  private marked(): Uint8Array {
    const marks = new Uint8Array(this.bundle.count);
    for (const model of this.store.get().selected) marks[model] = 1;
    return marks;
  }

  private filtered(): Uint8Array | undefined {
    const { query, filters } = this.store.get();
    return passing(this.bundle, this.search, query, filters);
  }
}

function remembered(): string {
  try {
    return localStorage.getItem("phylolm.theme") ?? "auto";
  } catch {
    return "auto"; // storage is refused in some frames
  }
}

function useTheme(): void {
  document.documentElement.dataset.theme = remembered();
}

function nextTheme(): string {
  const next = THEMES[(THEMES.indexOf(remembered() as (typeof THEMES)[number]) + 1) % THEMES.length];
  try {
    localStorage.setItem("phylolm.theme", next);
  } catch {
    // then it holds for this page only
  }
  document.documentElement.dataset.theme = next;
  return next;
}
