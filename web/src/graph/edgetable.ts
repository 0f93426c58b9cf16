// The edges in sight as a table.

import type { Table } from "../view";
import type { Scene } from "./scene";

export function edgeTable({ bundle, edges }: Scene, chosen: Uint32Array): Table {
  const { source, target, weight, kind, kinds } = edges;
  const text = (label: string) => ({ label, numeric: false });
  return {
    columns: [text("source"), text("target"), { label: "weight", numeric: true }, text("relation")],
    rows: chosen.length,
    cell: (row, column) => {
      const e = chosen[row];
      if (column === 2) return Number.isNaN(weight[e]) ? NaN : Number(weight[e].toFixed(4));
      return column === 3 ? kinds[kind[e]] : bundle.name(column === 0 ? source[e] : target[e]);
    },
    model: (row) => source[chosen[row]],
  };
}
