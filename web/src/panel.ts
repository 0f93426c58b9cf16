// The panel beside the view: colours and filters, the selection, the view's table, a model's page.

import { joined, parted } from "./lists";
import { button, choice, fill, h, shown } from "./dom";
import { modelPage } from "./modelpage";
import type { Column } from "./manifest";
import type { Names } from "./names";
import { boundOf } from "./search";
import { Grid } from "./table";
import type { App, OpenView, Table } from "./view";

type Host = App & { readonly view: OpenView | undefined; readonly names: Names };

const TABS = [
  ["about", "Colours, filters"],
  ["table", "Table"],
  ["selected", "Selected"],
  ["model", "Model"],
] as const;
type Tab = (typeof TABS)[number][0];
const MOST_BOXES = 14;

export class Panel {
  readonly element: HTMLElement;
  private readonly tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Panel" });
  private readonly body = h("div", { class: "body", role: "tabpanel", id: "panel", tabindex: 0 });
  private readonly grid: Grid;
  private opened = -1;
  private readonly unfolded = new Set<string>();

  constructor(private readonly app: Host) {
    this.grid = new Grid(
      {
        open: (model) => app.open(model),
        chosen: (model) => app.selected[model] === 1,
        sight: (models) => app.names.need(models),
        select: (model, on) => {
          if ((app.selected[model] === 1) !== on) app.toggle(model);
        },
      },
      "The view as a table",
    );
    this.element = h("aside", { class: "panel", "aria-label": "Details" }, this.tabs, this.body);
    this.opened = app.store.get().model;
  }

  update(): void {
    const { model } = this.app.store.get();
    if (model !== this.opened) {
      this.opened = model;
      if (model >= 0) return this.turnTo("model");
    }
    this.drawTabs();
    this.drawBody();
  }

  private get tab(): Tab {
    const wanted = this.app.store.setting("panel") as Tab;
    if (TABS.some(([tab]) => tab === wanted)) return wanted;
    return this.app.store.get().model >= 0 ? "model" : "about";
  }

  private turnTo(tab: Tab): void {
    this.app.store.choose("panel", tab);
  }

  private drawTabs(): void {
    const held = this.tabs.contains(document.activeElement);
    const many = this.app.store.get().selected.length;
    fill(
      this.tabs,
      ...TABS.map(([tab, label]) => {
        const on = tab === this.tab;
        const text = tab === "selected" && many ? `${label} ${many.toLocaleString("en")}` : label;
        const element = button(text, () => this.turnTo(tab));
        for (const [name, value] of Object.entries({
          role: "tab",
          "aria-selected": String(on),
          "aria-controls": "panel",
          tabindex: on ? "0" : "-1",
        })) {
          element.setAttribute(name, value);
        }
        element.addEventListener("keydown", (event) => this.turnByKey(event));
        return element;
      }),
    );
    if (held) this.tabs.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
  }

  private turnByKey(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = TABS.findIndex(([tab]) => tab === this.tab);
    this.turnTo(TABS[(at + step + TABS.length) % TABS.length][0]);
    event.preventDefault();
  }

  private drawBody(): void {
    const { tab } = this;
    this.body.dataset.tab = tab;
    if (tab === "table" || tab === "selected") {
      const table = tab === "table" ? this.app.view?.table() : selectionTable(this.app);
      const held = this.grid.element.contains(document.activeElement);
      fill(this.body, tab === "selected" ? this.selectionHead() : undefined, this.grid.element);
      if (held) this.grid.element.focus();
      if (table) this.grid.show(table);
    } else if (tab === "model") fill(this.body, ...modelPage(this.app, this.app.store.get().model));
    else this.drawAbout();
  }

  private selectionHead(): HTMLElement {
    const many = this.app.store.get().selected.length;
    const text = many
      ? `${many.toLocaleString("en")} models selected in all views.`
      : "Nothing selected: click models, or shift and drag around them.";
    return h(
      "p",
      { class: "note" },
      text,
      " ",
      many ? button("Clear", () => this.app.select([])) : undefined,
    );
  }

  private drawAbout(): void {
    const kept = document.activeElement?.id;
    fill(this.body, this.colourChoice(), this.legend(), this.filters(), ...this.notes());
    if (kept) document.getElementById(kept)?.focus();
  }

  private colourChoice(): HTMLElement {
    const { bundle, store, colours } = this.app;
    const columns = bundle.manifest.models.columns.filter((column) => column.kind !== "text");
    const options = columns.map((column) => [column.name, shown(column.label, 40)] as const);
    return choice("Colour by", options, colours.column?.name ?? "", (colour) => store.set({ colour }));
  }

  private legend(): HTMLElement {
    return h(
      "ul",
      { class: "legend", "aria-label": "Colours" },
      ...this.app.colours.legend.map((row) => {
        const swatch = h("span", { class: "swatch" });
        swatch.style.background = row.colour;
        return h(
          "li",
          {},
          swatch,
          h("span", { dir: "auto" }, shown(row.label, 60)),
          h("span", { class: "number" }, row.count.toLocaleString("en")),
        );
      }),
    );
  }

  private filters(): HTMLElement {
    const { bundle, store, passing } = this.app;
    const { filters, query } = store.get();
    const any = Object.keys(filters).length > 0 || query !== "";
    const left = passing ? passing.reduce((sum, each) => sum + each, 0) : bundle.count;
    const clear = any ? button("Clear", () => store.set({ filters: {}, query: "" })) : undefined;
    const count = `${left.toLocaleString("en")} of ${bundle.count.toLocaleString("en")} models match.`;
    return h(
      "section",
      { class: "filters" },
      h("h2", {}, "Filters"),
      h("p", { class: "note", "aria-live": "polite" }, count, " ", clear),
      ...bundle.manifest.models.columns.map((column) => this.filter(column)),
    );
  }

  private filter(column: Column): HTMLElement {
    const wanted = this.app.store.get().filters[column.name];
    const of = {
      category: () => this.boxes(column, wanted),
      text: () => this.words(column, wanted),
      number: () => this.range(column, wanted),
      date: () => this.range(column, wanted),
    };
    const open = wanted !== undefined || this.unfolded.has(column.name);
    const element = h(
      "details",
      { open },
      h("summary", { id: `s-${column.name}` }, shown(column.label, 40)),
      open ? of[column.kind]() : undefined,
    );
    element.addEventListener("toggle", () => {
      if (element.open) this.unfolded.add(column.name);
      else this.unfolded.delete(column.name);
      if (element.open && element.childNodes.length === 1) element.append(of[column.kind]());
    });
    return element;
  }

  private put(column: Column, wanted: string): void {
    const filters = { ...this.app.store.get().filters };
    if (wanted === "" || wanted === "..") delete filters[column.name];
    else filters[column.name] = wanted;
    this.app.store.set({ filters });
  }

  private boxes(column: Column, wanted = ""): HTMLElement {
    const chosen = new Set(parted(wanted));
    const counts = new Map<number, number>();
    for (const value of this.app.bundle.numbers(column.values!))
      counts.set(value, (counts.get(value) ?? 0) + 1);
    counts.delete(-1);
    const names = column.categories ?? [];
    const common = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!);
    const listed = common.filter((k, i) => i < MOST_BOXES || chosen.has(names[k]));
    const rows = listed.map((k) => {
      const box = h("input", {
        type: "checkbox",
        id: `f-${column.name}-${k}`,
        checked: chosen.has(names[k]),
      });
      box.addEventListener("change", () => {
        if (box.checked) chosen.add(names[k]);
        else chosen.delete(names[k]);
        this.put(column, joined(chosen));
      });
      return h(
        "label",
        {},
        box,
        h("span", { dir: "auto" }, shown(names[k], 50)),
        h("span", { class: "number" }, counts.get(k)!.toLocaleString("en")),
      );
    });
    const more = common.length > listed.length ? this.other(column, chosen, names) : undefined;
    return h("div", { class: "boxes" }, ...rows, more);
  }

  /** A field for the categories that aren't listed. */
  private other(column: Column, chosen: Set<string>, names: readonly string[]): HTMLElement {
    const known = h(
      "datalist",
      { id: `all-${column.name}` },
      ...names.slice(0, 2000).map((name) => h("option", { value: name })),
    );
    const input = h("input", {
      type: "text",
      list: known.id,
      id: `o-${column.name}`,
      placeholder: `another of ${names.length.toLocaleString("en")}`,
      "aria-label": `Another ${column.label}`,
    });
    input.addEventListener("change", () => {
      if (names.includes(input.value)) this.put(column, joined([...chosen, input.value]));
    });
    return h("div", {}, input, known);
  }

  private words(column: Column, wanted = ""): HTMLElement {
    const input = h("input", {
      type: "text",
      id: `w-${column.name}`,
      value: wanted,
      placeholder: "contains",
      "aria-label": `${column.label} contains`,
    });
    input.addEventListener("change", () => this.put(column, input.value.trim()));
    return input;
  }

  private range(column: Column, wanted = ""): HTMLElement {
    const [low = "", high = ""] = wanted.split("..");
    const type = column.kind === "date" ? "date" : "text";
    const field = (id: string, value: string, label: string) =>
      h("input", {
        type,
        id: `${id}-${column.name}`,
        value,
        placeholder: label,
        "aria-label": `${column.label} ${label}`,
      });
    const [from, to] = [field("l", low, "at least"), field("h", high, "at most")];
    const read = () => {
      const odd = [from, to].filter(
        (each) => each.value.trim() && Number.isNaN(boundOf(each.value, column.kind)),
      );
      for (const each of [from, to]) each.setAttribute("aria-invalid", String(odd.includes(each)));
      if (odd.length) this.app.say(`${odd[0].value} is no number`);
      else this.put(column, `${from.value.trim()}..${to.value.trim()}`);
    };
    for (const each of [from, to]) each.addEventListener("change", read);
    return h("div", { class: "range" }, from, to);
  }

  private notes(): HTMLElement[] {
    const { notes, made } = this.app.bundle.manifest;
    const rows = Object.entries(made).flatMap(([name, value]) => [
      h("dt", {}, shown(name)),
      h("dd", {}, shown(value)),
    ]);
    const found: HTMLElement[] = [];
    if (notes.length)
      found.push(
        h(
          "section",
          {},
          h("h2", {}, "Caveats"),
          h("ul", {}, ...notes.map((note) => h("li", {}, shown(note, 2000)))),
        ),
      );
    if (rows.length) found.push(h("section", {}, h("h2", {}, "How it was made"), h("dl", {}, ...rows)));
    return found;
  }
}

/** Models with all that is known of them. */
export function modelsTable(app: App, models: ArrayLike<number>): Table {
  const { bundle } = app;
  const columns = bundle.manifest.models.columns;
  return {
    columns: [
      { label: "model", numeric: false },
      ...columns.map((c) => ({ label: c.label, numeric: c.kind === "number" })),
    ],
    rows: models.length,
    cell: (row, column) => {
      if (column === 0) return bundle.name(models[row]);
      const each = columns[column - 1];
      return each.kind === "number" ? bundle.number(each, models[row]) : bundle.text(each, models[row]);
    },
    model: (row) => models[row],
  };
}

/** All models that pass the filters. */
export function passingModels(app: App): Uint32Array {
  const { passing, bundle } = app;
  const all = Uint32Array.from({ length: bundle.count }, (_, model) => model);
  return passing ? all.filter((model) => passing[model] === 1) : all;
}

function selectionTable(app: App): Table {
  return modelsTable(app, app.store.get().selected);
}
