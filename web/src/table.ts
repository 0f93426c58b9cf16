// A table of any length beside each picture: only the rows in sight are made.

import { shown, h } from "./dom";
import type { Table } from "./view";

const ROW = 28;
const SPARE = 10;

export interface TableEvents {
  open(model: number): void;
  select(model: number, on: boolean): void;
  chosen(model: number): boolean;
  /** The models of the rows in sight. */
  sight?(models: readonly number[]): void;
}

/** A scrolling grid; arrows move between rows, Enter opens a model, space selects it. */
export class Grid {
  readonly element: HTMLElement;
  private readonly body = h("div", { class: "rows", role: "rowgroup" });
  private readonly head = h("div", { class: "row head", role: "row" });
  private order: Uint32Array = new Uint32Array(0);
  private sorted = { column: -1, down: false };
  private titles = "";
  private current = 0;
  private table: Table = { columns: [], rows: 0, cell: () => "", model: () => -1 };

  constructor(
    private readonly events: TableEvents,
    label: string,
  ) {
    this.element = h("div", { class: "grid", role: "grid", tabindex: 0, "aria-label": label });
    this.element.append(h("div", { role: "rowgroup" }, this.head), this.body);
    this.element.addEventListener("scroll", () => this.rows());
    this.element.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.rows()).observe(this.element);
  }

  show(table: Table): void {
    this.table = table;
    this.element.setAttribute("aria-rowcount", String(table.rows + 1));
    this.element.setAttribute("aria-colcount", String(table.columns.length));
    const titles = table.columns.map((column) => column.label).join("\n");
    if (titles !== this.titles) this.sorted = { column: -1, down: false };
    this.titles = titles;
    this.current = Math.min(this.current, Math.max(0, table.rows - 1));
    this.sort();
    this.headings();
    this.rows();
  }

  private sort(): void {
    const { column, down } = this.sorted;
    this.order = Uint32Array.from({ length: this.table.rows }, (_, k) => k);
    if (column < 0) return;
    const cells = Array.from(this.order, (row) => this.table.cell(row, column));
    this.order.sort((a, b) => compare(cells[a], cells[b], down ? -1 : 1) || a - b);
  }

  private headings(): void {
    this.head.replaceChildren(
      ...this.table.columns.map(({ label, numeric }, k) => {
        const way = this.sorted.column === k ? (this.sorted.down ? "descending" : "ascending") : "none";
        const sign = { none: "", ascending: " ▲", descending: " ▼" }[way];
        const sort = () => {
          this.sorted = { column: k, down: this.sorted.column === k ? !this.sorted.down : numeric };
          this.show(this.table);
          this.head.querySelectorAll("button")[k]?.focus();
        };
        return h(
          "div",
          { role: "columnheader", class: numeric ? "number" : "", "aria-sort": way },
          h("button", { type: "button", onclick: sort }, shown(label) + sign),
        );
      }),
    );
    const shape = this.table.columns.map((c) => (c.numeric ? "minmax(5em, 1fr)" : "minmax(8em, 3fr)"));
    this.element.style.setProperty("--columns", shape.join(" "));
    // rows are grids of their own: they are of one width, or their columns would not be one below the other
    const least = this.table.columns.reduce((sum, c) => sum + (c.numeric ? 5 : 8), 0);
    this.element.style.setProperty("--least", `calc(${least}em + ${8 * shape.length + 8}px)`);
  }

  private rows(): void {
    const { rows } = this.table;
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW) - SPARE);
    const last = Math.min(
      rows,
      Math.ceil((this.element.scrollTop + this.element.clientHeight) / ROW) + SPARE,
    );
    this.body.style.height = `${rows * ROW}px`;
    this.body.replaceChildren();
    for (let place = first; place < last; place++) this.body.append(this.row(place));
    this.events.sight?.(Array.from(this.order.slice(first, last), (row) => this.table.model(row)));
  }

  private row(place: number): HTMLElement {
    const row = this.order[place];
    const model = this.table.model(row);
    const element = h("div", {
      class: place === this.current ? "row current" : "row",
      role: "row",
      "aria-rowindex": place + 2,
      id: `row-${place}`,
      "aria-selected": model >= 0 ? String(this.events.chosen(model)) : undefined,
      onclick: () => {
        this.move(place);
        if (model >= 0) this.events.open(model);
      },
    });
    element.style.top = `${place * ROW}px`;
    this.table.columns.forEach(({ numeric, most }, column) => {
      const raw = this.table.cell(row, column);
      const known = typeof raw !== "number" || !Number.isNaN(raw);
      const value = !known ? "" : typeof raw === "number" && most ? raw.toLocaleString("en") : String(raw);
      const cell = h(
        "div",
        { role: "gridcell", class: numeric ? "number" : "", title: shown(value), dir: "auto" },
        shown(value, 80),
      );
      if (most) {
        cell.classList.add("barred");
        cell.style.setProperty("--share", `${(100 * Math.max(0, Number(raw) || 0)) / most}%`);
      }
      element.append(cell);
    });
    return element;
  }

  private move(place: number): void {
    this.current = Math.min(this.table.rows - 1, Math.max(0, place));
    const top = this.current * ROW;
    const sight = this.element.clientHeight - 2 * ROW;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top > this.element.scrollTop + sight) this.element.scrollTop = top - sight;
    this.rows();
    this.element.setAttribute("aria-activedescendant", `row-${this.current}`);
  }

  private key(event: KeyboardEvent): void {
    if (this.head.contains(event.target as Node) && (event.key === "Enter" || event.key === " ")) return; // sorts
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 1);
    const model = this.table.rows ? this.table.model(this.order[this.current]) : -1;
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.table.rows,
      End: this.table.rows,
    };
    if (event.key in steps) this.move(this.current + steps[event.key]);
    else if (event.key === "Enter" && model >= 0) this.events.open(model);
    else if (event.key === " " && model >= 0) {
      this.events.select(model, !this.events.chosen(model));
      this.rows();
    } else return;
    event.preventDefault();
  }
}

/** The order of two cells, forwards (1) or backwards (-1); what is unknown comes last both ways. */
export function compare(a: string | number, b: string | number, way: 1 | -1): number {
  const unknown = (cell: string | number) => cell === "" || Number.isNaN(cell);
  if (unknown(a) || unknown(b)) return Number(unknown(a)) - Number(unknown(b));
  if (typeof a === "number" && typeof b === "number") return way * (a - b);
  return way * String(a).localeCompare(String(b), "en", { numeric: true });
}

/** A table as CSV. What a spreadsheet would take for a formula is made text. */
export function csv(table: Table): string {
  const quote = (value: string | number) => {
    if (typeof value === "number") return Number.isNaN(value) ? "" : String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [table.columns.map((column) => quote(column.label)).join(",")];
  for (let row = 0; row < table.rows; row++) {
    lines.push(table.columns.map((_, column) => quote(table.cell(row, column))).join(","));
  }
  return lines.join("\n") + "\n";
}
