// A model's page: what it is called and declared to be, who its kin are, what it would score, what
// it says beside its nearest kin.

import { short } from "./bundle";
import { button, h, shown } from "./dom";
import type { Alleles, Graph, Kin } from "./manifest";
import type { App } from "./view";

const ID = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/;
const MOST_LISTED = 30;
const MOST_GENES = 200;

export function modelPage(app: App, model: number): Node[] {
  if (model < 0) return [h("p", { class: "note" }, "Click a model to see its page.")];
  const name = app.bundle.name(model);
  return [
    h("h2", { dir: "auto", class: "name" }, shown(name)),
    ...links(app, name),
    h("p", {}, selector(app, model)),
    known(app, model),
    ...declared(app, model),
    ...kin(app, model),
    ...forecasts(app, model),
    ...findings(app, model),
    ...said(app, model),
  ];
}

function selector(app: App, model: number): HTMLElement {
  const on = app.selected[model] === 1;
  return button(on ? "Take from selection" : "Add to selection", () => app.toggle(model));
}

function links(app: App, name: string): Node[] {
  const { link } = app.bundle.manifest.models;
  if (link !== "https://huggingface.co/" || !ID.test(name)) return [];
  return [
    h("p", {}, h("a", { href: link + name, target: "_blank", rel: "noopener noreferrer" }, "on the hub")),
  ];
}

function known(app: App, model: number): HTMLElement {
  const rows = app.bundle.manifest.models.columns.flatMap((column) => {
    const text = app.bundle.text(column, model);
    return text ? [h("dt", {}, shown(column.label)), h("dd", { dir: "auto" }, shown(text))] : [];
  });
  return h("dl", {}, ...rows);
}

function section(title: string, ...inner: (Node | undefined)[]): Node[] {
  return [h("section", {}, h("h3", {}, title), ...inner)];
}

function opener(app: App, model: number): HTMLElement {
  const element = button(shown(app.bundle.name(model), 80), () => app.open(model));
  element.className = "link";
  element.dir = "auto";
  return element;
}

function declared(app: App, model: number): Node[] {
  const graph = app.bundle.manifest.graphs.find((each) => each.directed);
  if (!graph) return [];
  const parents = edges(app, graph, "target", "source", model);
  const children = edges(app, graph, "source", "target", model);
  return [
    ...(parents.length ? section("Declared parents", relatives(app, parents)) : []),
    ...(children.length ? section(`Declared children (${children.length})`, relatives(app, children)) : []),
  ];
}

interface Relative {
  model: number;
  relation: string;
}

function edges(
  app: App,
  graph: Graph,
  here: "source" | "target",
  there: "source" | "target",
  model: number,
): Relative[] {
  const [from, to] = [app.bundle.numbers(graph[here]), app.bundle.numbers(graph[there])];
  const relation = graph.relation ? app.bundle.numbers(graph.relation) : undefined;
  const found: Relative[] = [];
  from.forEach((each, k) => {
    if (each === model) found.push({ model: to[k], relation: relation ? graph.relations[relation[k]] : "" });
  });
  return found;
}

function relatives(app: App, found: readonly Relative[]): HTMLElement {
  const rows = found
    .slice(0, MOST_LISTED)
    .map(({ model, relation }) => h("li", {}, opener(app, model), relation ? ` ${shown(relation, 40)}` : ""));
  if (found.length > MOST_LISTED) rows.push(h("li", {}, `and ${found.length - MOST_LISTED} more`));
  return h("ul", {}, ...rows);
}

interface Near {
  model: number;
  distance: number;
  low: number;
  high: number;
}

export function nearest(app: App, table: Kin, model: number): Near[] {
  const [models, distance, low, high] = [table.model, table.distance, table.low, table.high].map((each) =>
    app.bundle.numbers(each),
  );
  const found: Near[] = [];
  for (let k = model * table.most; k < (model + 1) * table.most; k++) {
    if (models[k] >= 0) found.push({ model: models[k], distance: distance[k], low: low[k], high: high[k] });
  }
  return found;
}

function kin(app: App, model: number): Node[] {
  const table = app.bundle.manifest.kin;
  const found = table ? nearest(app, table, model) : [];
  if (!table || !found.length) return [];
  const most = Math.max(...found.map((each) => (Number.isNaN(each.high) ? each.distance : each.high)), 1e-9);
  const level = `${Math.round(table.level * 100)} % interval`;
  const told = `Nearest first: ${shown(table.unit, 60)} with its ${level}.`;
  const rows = found.map((each) => {
    const bounds = Number.isNaN(each.low) ? "" : `${short(Math.max(0, each.low))} to ${short(each.high)}`;
    const range = h("span", { class: "range" }, interval(each, most), bounds);
    return h(
      "li",
      {},
      opener(app, each.model),
      h("span", { class: "number" }, short(Math.max(0, each.distance))),
      range,
    );
  });
  return section("Measured kin", h("p", { class: "note" }, told), h("ol", { class: "kin" }, ...rows));
}

/** A small picture of an interval, from 0 to `most`. */
function interval(
  { distance, low, high }: { distance: number; low: number; high: number },
  most: number,
): HTMLElement {
  const part = (value: number) => `${(100 * Math.min(Math.max(value, 0), most)) / most}%`;
  const bar = h("span", { class: "bar" });
  const dot = h("span", { class: "dot" });
  bar.style.left = part(Number.isNaN(low) ? distance : low);
  bar.style.right = `calc(100% - ${part(Number.isNaN(high) ? distance : high)})`;
  dot.style.left = part(distance);
  return h("span", { class: "interval", "aria-hidden": "true" }, bar, dot);
}

function forecasts(app: App, model: number): Node[] {
  const rows = app.bundle.manifest.forecasts.flatMap((each) => {
    const k = app.bundle.numbers(each.model).indexOf(model);
    if (k < 0) return [];
    const [value, low, high] = [each.value, each.low, each.high].map(
      (numbers) => app.bundle.numbers(numbers)[k],
    );
    const known = each.known ? app.bundle.numbers(each.known)[k] === 1 : low === high;
    const bounds =
      low <= high
        ? `${Math.round(each.level * 100)} %: ${short(low)} to ${short(high)}`
        : "forecast, can't tell how surely";
    const told = known ? "known" : bounds;
    return [
      h(
        "tr",
        {},
        h("td", {}, shown(each.benchmark, 60)),
        h("td", { class: "number" }, short(value)),
        h("td", {}, told),
      ),
    ];
  });
  return rows.length ? section("Scores, known and forecast", h("table", {}, h("tbody", {}, ...rows))) : [];
}

function findings(app: App, model: number): Node[] {
  const found = app.bundle.manifest.findings.filter((each) => each.model === model || each.other === model);
  if (!found.length) return [];
  return section(
    "Audit",
    h(
      "ul",
      {},
      ...found.slice(0, MOST_LISTED).map((each) => {
        const other = each.model === model ? each.other : each.model;
        const sure = each.probability === null ? "" : ` (probability ${each.probability.toFixed(2)})`;
        return h(
          "li",
          {},
          h("strong", {}, shown(each.kind, 60)),
          ` ${shown(each.text, 1000)}${sure} `,
          other >= 0 ? opener(app, other) : undefined,
        );
      }),
    ),
  );
}

/** The alleles themselves, beside those of the nearest kin: a person sees why. */
function said(app: App, model: number): Node[] {
  const { alleles, kin: table } = app.bundle.manifest;
  const row = alleles ? app.bundle.numbers(alleles.models).indexOf(model) : -1;
  if (!alleles || row < 0) return [];
  const rows = app.bundle.numbers(alleles.models);
  const near = table ? nearest(app, table, model).find((each) => rows.indexOf(each.model) >= 0) : undefined;
  const places = [row, ...(near ? [rows.indexOf(near.model)] : [])];
  const names = [model, ...(near ? [near.model] : [])].map((each) => shown(app.bundle.name(each), 40));
  const head = h("tr", {}, ...["Gene", ...names].map((text) => h("th", { scope: "col", dir: "auto" }, text)));
  const body = h("tbody");
  const add = (from: number, to: number) =>
    alleles.genes.slice(from, to).forEach((gene, k) => {
      body.append(
        h(
          "tr",
          {},
          h("th", { scope: "row", dir: "auto" }, ending(gene)),
          ...places.map((place) => probes(app, alleles, place, from + k)),
        ),
      );
    });
  add(0, MOST_GENES);
  const left = alleles.genes.length - MOST_GENES;
  const more =
    left > 0
      ? button(`Show ${left} more genes`, () => {
          add(MOST_GENES, Infinity);
          more?.remove();
        })
      : undefined;
  return section(
    "What it says, gene by gene",
    h("table", { class: "said" }, h("thead", {}, head), body),
    more,
  );
}

const GENE_END = 60;

function ending(gene: string): string {
  return gene.length > GENE_END ? `…${shown(gene.slice(-GENE_END))}` : shown(gene);
}

function probes(app: App, alleles: Alleles, place: number, gene: number): HTMLElement {
  const k = place * alleles.genes.length + gene;
  const [start, allele, share] = [alleles.start, alleles.allele, alleles.share].map((each) =>
    app.bundle.numbers(each),
  );
  const cell = h("td", { dir: "auto" });
  for (let at = start[k]; at < start[k + 1]; at++) {
    cell.append(
      h(
        "span",
        { class: "allele", title: `${(100 * share[at]).toFixed(0)} %` },
        blanks(alleles.texts[allele[at]]),
        h("sub", {}, `${(100 * share[at]).toFixed(0)}`),
      ),
    );
  }
  if (!cell.childNodes.length) cell.append("–");
  return cell;
}

function blanks(text: string): string {
  return text === "" ? "∅" : shown(text.replaceAll("\n", "↵").replaceAll(" ", "·"), 40);
}
