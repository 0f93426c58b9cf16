// A matrix of the bundle, arranged: by its own order or by a tree's leaves, with the tree that fits.

import type { Bundle } from "../bundle";
import { shown } from "../dom";
import type { Matrix, Tree } from "../manifest";
import { type Dendrogram, type TreeArrays, dendrogram, leafOrder } from "./dendrogram";
import { Images } from "./scene";
import { type Square, UNKNOWN, arranged, highIsNear } from "./square";

export class Arrangement {
  /** The model of each row. */
  readonly models: Uint32Array;
  /** The row of each model, -1 for none. */
  readonly rowOf: Int32Array;
  readonly square: Square;
  readonly images: Images;
  readonly nearIsHigh: boolean;
  readonly tree: Dendrogram | undefined;
  readonly treeLabel: string;

  /** tree: whose leaves give the order; the matrix's own order if undefined. */
  constructor(
    bundle: Bundle,
    readonly matrix: Matrix,
    tree?: Tree,
  ) {
    const given = bundle.numbers(matrix.models);
    const placeOf = new Int32Array(bundle.count).fill(-1);
    given.forEach((model, place) => (placeOf[model] = place));
    const wanted = tree ? leafOrder(arraysOf(bundle, tree)) : [...bundle.numbers(matrix.order)];
    const first = wanted.filter((model) => placeOf[model] >= 0);
    const listed = new Set(first);
    this.models = Uint32Array.from([...listed, ...[...given].filter((model) => !listed.has(model))]);
    this.rowOf = new Int32Array(bundle.count).fill(-1);
    this.models.forEach((model, row) => (this.rowOf[model] = row));
    this.square = arranged(
      bundle.numbers(matrix.values),
      Array.from(this.models, (model) => placeOf[model]),
    );
    this.images = new Images(this.square);
    this.nearIsHigh = highIsNear(this.square);
    [this.tree, this.treeLabel] = this.fitting(bundle, tree ? [tree] : bundle.manifest.trees);
  }

  get side(): number {
    return this.square.side;
  }

  /** NaN where it isn't known. */
  value(row: number, column: number): number {
    const step = this.square.cells[row * this.side + column];
    const { low, high } = this.matrix;
    return step === UNKNOWN ? NaN : Number((low + (step / (UNKNOWN - 1)) * (high - low)).toPrecision(3));
  }

  private fitting(bundle: Bundle, trees: readonly Tree[]): [Dendrogram | undefined, string] {
    for (const tree of trees) {
      const found = dendrogram(arraysOf(bundle, tree), this.rowOf, this.side);
      if (found) return [found, shown(tree.label, 40)];
    }
    return [undefined, ""];
  }
}

function arraysOf(bundle: Bundle, tree: Tree): TreeArrays {
  return {
    parent: bundle.numbers(tree.parent),
    length: bundle.numbers(tree.length),
    model: bundle.numbers(tree.model),
  };
}
