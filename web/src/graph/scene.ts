// What the graph view shows at the moment: which models and edges, by the settings and the filters.

import type { Bundle } from "../bundle";
import type { Graph } from "../manifest";
import type { App } from "../view";
import { type Edges, joined, kept, type Neighbours, neighbours, nextTo } from "./edges";

export const BOTH = "*";

/** Places of models in the unit square, one scale for both directions. */
export function fitted(x: ArrayLike<number>, y: ArrayLike<number>): { x: Float32Array; y: Float32Array } {
  const box = [Infinity, -Infinity, Infinity, -Infinity];
  for (let m = 0; m < x.length; m++) {
    if (Number.isNaN(x[m]) || Number.isNaN(y[m])) continue;
    box[0] = Math.min(box[0], x[m]);
    box[1] = Math.max(box[1], x[m]);
    box[2] = Math.min(box[2], y[m]);
    box[3] = Math.max(box[3], y[m]);
  }
  const side = Math.max(box[1] - box[0], box[3] - box[2]) || 1;
  const within = (low: number, high: number) => (value: number) => 0.5 + (value - (low + high) / 2) / side;
  return { x: Float32Array.from(x, within(box[0], box[1])), y: Float32Array.from(y, within(box[2], box[3])) };
}

export class Scene {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly edges: Edges;
  /** Least and greatest weight; equal where edges have none. */
  readonly weights: readonly [number, number];
  /** Models from the most important one on: downloads where they are known, else edges. */
  readonly order: Uint32Array;
  chosen: Uint32Array = new Uint32Array(0);
  near: Neighbours = { start: new Uint32Array(1), other: new Uint32Array(0), edge: new Uint32Array(0) };
  /** 1 for models that are shown, 0 for those that are gone. */
  shows: Uint8Array = new Uint8Array(0);
  private readonly placed: Uint8Array;
  private readonly communities: ArrayLike<number> | undefined;

  constructor(
    readonly bundle: Bundle,
    readonly which: string,
  ) {
    const graphs = bundle.manifest.graphs.filter((graph) => which === BOTH || graph.name === which);
    const places = fitted(bundle.numbers(graphs[0].x), bundle.numbers(graphs[0].y));
    this.x = places.x;
    this.y = places.y;
    this.placed = Uint8Array.from(this.x, (x, m) => (Number.isNaN(x) || Number.isNaN(this.y[m]) ? 0 : 1));
    this.edges = joined(graphs.map((graph) => part(bundle, graph)));
    this.weights = range(this.edges.weight);
    const all = kept(this.edges, { least: -Infinity, hidden: new Set(), ends: this.placed });
    this.order = byImportance(bundle, neighbours(bundle.count, this.edges, all));
    const column = bundle.column("community");
    this.communities = column?.values && bundle.numbers(column.values);
  }

  /** Apply the settings and filters. */
  choose(app: App, least: number, hidden: ReadonlySet<string>, singles: boolean): void {
    const { passing, bundle } = app;
    const ends = passing ? this.placed.map((is, m) => is & passing[m]) : this.placed;
    this.chosen = kept(this.edges, { least, hidden, ends });
    this.near = neighbours(bundle.count, this.edges, this.chosen);
    this.shows = singles ? ends : ends.map((is, m) => (this.degree(m) ? is : 0));
  }

  degree(model: number): number {
    return this.near.start[model + 1] - this.near.start[model];
  }

  nextTo(model: number): number[] {
    return nextTo(this.near, this.edges, model);
  }

  get hasCommunities(): boolean {
    return this.communities !== undefined;
  }

  /** 1 for the models next to these, or of their communities, and for themselves. */
  around(models: Iterable<number>, next: boolean, community: boolean): Uint8Array {
    const found = new Uint8Array(this.bundle.count);
    const wanted = new Set<number>();
    for (const model of models) {
      found[model] = 1;
      if (next) for (const other of this.nextTo(model)) found[other] = 1;
      const of = this.communities?.[model] ?? -1;
      if (community && of >= 0) wanted.add(of);
    }
    if (wanted.size)
      for (let m = 0; m < found.length; m++)
        if (this.shows[m] && wanted.has(this.communities![m])) found[m] = 1;
    return found;
  }
}

function part(bundle: Bundle, graph: Graph) {
  return {
    label: graph.label,
    directed: graph.directed,
    relations: graph.relations,
    source: bundle.numbers(graph.source),
    target: bundle.numbers(graph.target),
    weight: graph.weight ? bundle.numbers(graph.weight) : undefined,
    relation: graph.relation ? bundle.numbers(graph.relation) : undefined,
  };
}

function range(weights: Float32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const weight of weights) {
    if (weight < low) low = weight;
    if (weight > high) high = weight;
  }
  return low < high ? [low, high] : [0, 0];
}

function byImportance(bundle: Bundle, near: Neighbours): Uint32Array {
  const column = bundle.column("downloads");
  const known = column?.kind === "number" && column.values ? bundle.numbers(column.values) : undefined;
  const worth = (m: number) => known?.[m] || 0;
  const degree = (m: number) => near.start[m + 1] - near.start[m];
  const order = Uint32Array.from({ length: bundle.count }, (_, m) => m);
  return order.sort((a, b) => worth(b) - worth(a) || degree(b) - degree(a) || a - b);
}
