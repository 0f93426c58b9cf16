// A tree beside the rows of a matrix.

/** Nodes as in the bundle: parents before children, model -1 for inner ones. */
export interface TreeArrays {
  parent: ArrayLike<number>;
  length: ArrayLike<number>;
  model: ArrayLike<number>;
}

/** Lines in units of rows (y; row i's middle is i + 0.5) and of the tree's height (x, 0 at the root to 1). */
export interface Dendrogram {
  /** Branches: x from, x to, y. */
  across: Float32Array;
  /** Joints: y from, y to, x. */
  down: Float32Array;
}

/** Models in the order of a tree's leaves. */
export function leafOrder(tree: TreeArrays): number[] {
  const found: number[] = [];
  for (let node = 0; node < tree.model.length; node++)
    if (tree.model[node] >= 0) found.push(tree.model[node]);
  return found;
}

/**
 * The part of a tree over these rows' models.
 *
 * rowOf: a model's row, -1 for none. rows: how many. Undefined where the tree lacks some rows, or
 * where its branches would cross.
 */
export function dendrogram(tree: TreeArrays, rowOf: Int32Array, rows: number): Dendrogram | undefined {
  const nodes = tree.parent.length;
  const [first, last] = [new Float64Array(nodes).fill(Infinity), new Float64Array(nodes).fill(-Infinity)];
  const [top, bottom] = [first.slice(), last.slice()];
  const leaves = new Uint32Array(nodes);
  const y = new Float64Array(nodes);
  for (let node = nodes - 1; node >= 0; node--) {
    const row = tree.model[node] >= 0 ? rowOf[tree.model[node]] : -1;
    if (row >= 0) {
      [first[node], last[node], leaves[node], y[node]] = [row, row, 1, row + 0.5];
    } else if (leaves[node]) y[node] = (top[node] + bottom[node]) / 2;
    else continue;
    if (leaves[node] !== last[node] - first[node] + 1) return undefined;
    const parent = tree.parent[node];
    if (parent < 0) continue;
    first[parent] = Math.min(first[parent], first[node]);
    last[parent] = Math.max(last[parent], last[node]);
    top[parent] = Math.min(top[parent], y[node]);
    bottom[parent] = Math.max(bottom[parent], y[node]);
    leaves[parent] += leaves[node];
  }
  if (nodes === 0 || leaves[0] !== rows) return undefined;
  return lines(tree, leaves, y, top, bottom);
}

function lines(
  tree: TreeArrays,
  leaves: Uint32Array,
  y: Float64Array,
  top: Float64Array,
  bottom: Float64Array,
): Dendrogram {
  const depth = new Float64Array(leaves.length);
  let height = 0;
  for (let node = 1; node < depth.length; node++) {
    const length = tree.length[node];
    // Neighbour joining can give branches a little below 0.
    depth[node] = depth[tree.parent[node]] + (length > 0 ? length : 0);
    if (leaves[node] && depth[node] > height) height = depth[node];
  }
  const unit = height > 0 ? 1 / height : 1;
  const [across, down]: [number[], number[]] = [[], []];
  for (let node = 0; node < depth.length; node++) {
    if (!leaves[node]) continue;
    const x = depth[node] * unit;
    if (node > 0) across.push(depth[tree.parent[node]] * unit, x, y[node]);
    if (bottom[node] > top[node]) down.push(top[node], bottom[node], x);
  }
  return { across: Float32Array.from(across), down: Float32Array.from(down) };
}
