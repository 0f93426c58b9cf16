// The edges of one or more graphs as one list, which of them are in sight, and who is next to whom.

/** A graph of the bundle, decoded. weight, relation: undefined where edges have none. */
export interface Part {
  label: string;
  directed: boolean;
  source: ArrayLike<number>;
  target: ArrayLike<number>;
  weight?: ArrayLike<number>;
  relation?: ArrayLike<number>;
  relations: readonly string[];
}

/** kind: place in `kinds`, a relation or the name of a graph without relations. weight: NaN for none. */
export interface Edges {
  source: Uint32Array;
  target: Uint32Array;
  weight: Float32Array;
  kind: Uint8Array;
  kinds: readonly string[];
  /** Of each kind, whether its edges go from parent to child. */
  directed: readonly boolean[];
}

export interface Wanted {
  least: number;
  hidden: ReadonlySet<string>;
  /** 1 for each model that may be an end. */
  ends: Uint8Array;
}

/** All edges of the graphs; a model's edge to itself is left out. */
export function joined(parts: readonly Part[]): Edges {
  const total = parts.reduce((sum, part) => sum + part.source.length, 0);
  const edges = {
    source: new Uint32Array(total),
    target: new Uint32Array(total),
    weight: new Float32Array(total).fill(NaN),
    kind: new Uint8Array(total),
  };
  const kinds: string[] = [];
  const directed: boolean[] = [];
  let at = 0;
  for (const part of parts) {
    const first = kinds.length;
    const names = part.relations.length && part.relation ? part.relations : [part.label];
    kinds.push(...names);
    directed.push(...names.map(() => part.directed));
    for (let k = 0; k < part.source.length; k++) {
      if (part.source[k] === part.target[k]) continue;
      edges.source[at] = part.source[k];
      edges.target[at] = part.target[k];
      if (part.weight) edges.weight[at] = part.weight[k];
      edges.kind[at++] = first + (part.relation?.[k] ?? 0);
    }
  }
  return {
    source: edges.source.subarray(0, at),
    target: edges.target.subarray(0, at),
    weight: edges.weight.subarray(0, at),
    kind: edges.kind.subarray(0, at),
    kinds,
    directed,
  };
}

/** The places of edges that are wanted. An edge without a weight passes any least weight. */
export function kept(edges: Edges, wanted: Wanted): Uint32Array {
  const found = new Uint32Array(edges.source.length);
  const hides = edges.kinds.map((kind) => wanted.hidden.has(kind));
  let many = 0;
  for (let e = 0; e < found.length; e++) {
    if (edges.weight[e] < wanted.least || hides[edges.kind[e]]) continue;
    if (wanted.ends[edges.source[e]] && wanted.ends[edges.target[e]]) found[many++] = e;
  }
  return found.slice(0, many);
}

/** Who is next to whom: of model m, `other` and `edge` from start[m] to start[m + 1]. */
export interface Neighbours {
  start: Uint32Array;
  other: Uint32Array;
  edge: Uint32Array;
}

export function neighbours(count: number, edges: Edges, chosen: Uint32Array): Neighbours {
  const start = new Uint32Array(count + 1);
  for (const e of chosen) {
    start[edges.source[e] + 1]++;
    start[edges.target[e] + 1]++;
  }
  for (let m = 0; m < count; m++) start[m + 1] += start[m];
  const next = start.slice(0, count);
  const other = new Uint32Array(2 * chosen.length);
  const edge = new Uint32Array(2 * chosen.length);
  for (const e of chosen) {
    for (const [from, to] of [
      [edges.source[e], edges.target[e]],
      [edges.target[e], edges.source[e]],
    ]) {
      other[next[from]] = to;
      edge[next[from]++] = e;
    }
  }
  return { start, other, edge };
}

/** The models next to one, each once, strongest edge first. */
export function nextTo(near: Neighbours, edges: Edges, model: number): number[] {
  const best = new Map<number, number>();
  for (let k = near.start[model]; k < near.start[model + 1]; k++) {
    const weight = edges.weight[near.edge[k]] || 0;
    best.set(near.other[k], Math.max(weight, best.get(near.other[k]) ?? -Infinity));
  }
  return [...best.keys()].sort((a, b) => best.get(b)! - best.get(a)! || a - b);
}

/** Of these models the one that lies most in a direction, as seen from a place; -1 where none does. */
export function towards(
  models: readonly number[],
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  from: number,
  [dx, dy]: readonly [number, number],
): number {
  let [best, found] = [0.3, -1];
  for (const model of models) {
    const [wx, wy] = [x[model] - x[from], y[model] - y[from]];
    const along = (wx * dx + wy * dy) / (Math.hypot(wx, wy) || 1);
    if (along > best) [best, found] = [along, model];
  }
  return found;
}
