// The audit: all findings as one list, by kind.

import { about, byKind, kindsOf, read, written } from "../charts/audit";
import { HEAD, height, paint } from "../charts/bars";
import { Scaled } from "../charts/scaled";
import { theme } from "../colours";
import { fill, h, shown, toggle } from "../dom";
import type { Finding } from "../manifest";
import type { Pen } from "../pen";
import { Grid } from "../table";
import type { App, OpenView, Table, View } from "../view";
import "./findings.css";

const LONGEST_TEXT = 1000;
const MARGIN = 20;
const COLUMNS = ["kind", "model", "about", "probability", "why"];

class FindingsView implements OpenView {
  private readonly grid: Grid;
  private readonly chips = h("div", { class: "chips", role: "group", "aria-label": "Kinds of findings" });
  private readonly note = h("p", { class: "note", "aria-live": "polite" });
  private readonly kinds: string[];
  /** Findings about models that pass, and those of them of the kinds that are pressed. */
  private passing: Finding[] = [];
  private listed: Finding[] = [];

  constructor(
    stage: HTMLElement,
    private readonly app: App,
  ) {
    this.kinds = kindsOf(app.bundle.manifest.findings);
    this.grid = new Grid(
      {
        open: (model) => app.open(model),
        chosen: (model) => app.selected[model] === 1,
        select: (model, on) => this.select(model, on),
      },
      "Findings of the audit; Enter opens a finding's model, space selects it",
    );
    stage.append(h("div", { class: "audit" }, this.chips, this.note, this.grid.element));
    this.update();
  }

  update(): void {
    const { bundle, passing, selected } = this.app;
    this.passing = about(bundle.manifest.findings, passing, this.onlySelected ? selected : undefined);
    const pressed = new Set(this.pressed);
    this.listed = pressed.size ? this.passing.filter(({ kind }) => pressed.has(kind)) : this.passing;
    this.showChips();
    this.note.textContent = this.told();
    this.grid.show(this.table());
  }

  controls(): Node[] {
    const change = (on: boolean) => this.app.store.choose("findings.selected", on ? "yes" : "");
    const some = this.app.store.get().selected.length > 0;
    return some ? [toggle("Only of the selection", this.onlySelected, change)] : [];
  }

  table(): Table {
    const { listed } = this;
    const name = (model: number) => (model >= 0 ? this.app.bundle.name(model) : "");
    return {
      columns: COLUMNS.map((label) => ({ label, numeric: label === "probability" })),
      rows: listed.length,
      cell: (row, column) => {
        const { kind, model, other, probability, text } = listed[row];
        return [
          kind,
          name(model),
          name(other),
          probability === null ? NaN : Number(probability.toPrecision(4)),
          text.slice(0, LONGEST_TEXT),
        ][column];
      },
      model: (row) => (listed[row].model >= 0 ? listed[row].model : listed[row].other),
    };
  }

  /** How many findings there are of each kind, as bars. */
  paint(pen: Pen, width: number, height_: number): void {
    const counts = byKind(this.listed, this.kinds);
    const there = this.kinds.map((_, k) => k).filter((k) => counts[k]);
    const bars = { labels: there.map((k) => this.kinds[k]), values: there.map((k) => counts[k]) };
    const smaller = Math.max(1, (HEAD + height(bars) + 2 * MARGIN) / height_);
    const scaled = new Scaled(pen, 1 / smaller);
    const colours = theme();
    scaled.font = "600 14px sans-serif";
    scaled.textAlign = "start";
    scaled.textBaseline = "middle";
    scaled.fillStyle = colours.ink;
    scaled.fillText(`${this.count(this.listed.length)} of the audit, by kind`, MARGIN, MARGIN + 11);
    paint(
      scaled,
      bars,
      { x: MARGIN, y: MARGIN + HEAD, width: width * smaller - 2 * MARGIN },
      colours,
      "#3d8bc4",
    );
  }

  close(): void {
    this.grid.element.remove();
  }

  private get pressed(): string[] {
    return read(this.app.store.setting("findings.kinds"), this.kinds);
  }

  private get onlySelected(): boolean {
    return this.app.store.setting("findings.selected") === "yes" && this.app.store.get().selected.length > 0;
  }

  private select(model: number, on: boolean): void {
    const { selected } = this.app.store.get();
    this.app.select(on ? [...selected, model] : selected.filter((each) => each !== model));
  }

  /** The chips made anew; the one that held the focus has it again. */
  private showChips(): void {
    const held = [...this.chips.children].indexOf(document.activeElement!);
    const counts = byKind(this.passing, this.kinds);
    const pressed = new Set(this.pressed);
    fill(
      this.chips,
      ...this.kinds.map((kind, k) => {
        const chip = toggle(shown(kind, 80), pressed.has(kind), (on) => this.press(kind, on));
        chip.append(h("span", { class: "number" }, counts[k].toLocaleString("en")));
        return chip;
      }),
    );
    if (held >= 0) (this.chips.children[held] as HTMLElement).focus();
  }

  private press(kind: string, on: boolean): void {
    const kinds = on ? [...this.pressed, kind] : this.pressed.filter((each) => each !== kind);
    this.app.store.choose("findings.kinds", written(kinds));
  }

  private count(findings: number): string {
    return `${findings.toLocaleString("en")} ${findings === 1 ? "finding" : "findings"}`;
  }

  private told(): string {
    const all = this.app.bundle.manifest.findings.length;
    if (!this.passing.length) {
      const whose = this.onlySelected
        ? "the selected models that pass the filters"
        : "a model that passes the filters";
      return `None of ${this.count(all)} is about ${whose}. That is not to say that nothing is wrong with them.`;
    }
    const some = this.listed.length < all ? `${this.listed.length.toLocaleString("en")} of ` : "";
    const hint = this.listed.length ? "Click or tap one to open its model." : "None is of the kinds chosen.";
    return `${some}${this.count(all)}. ${hint}`;
  }
}

export const findings: View = {
  id: "findings",
  label: "Audit",
  has: ({ manifest }) => manifest.findings.length > 0,
  open: (host, app) => new FindingsView(host, app),
};
