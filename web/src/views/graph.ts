import type { View } from "../view";

export const graph: View = {
  id: "graph",
  label: "Graph",
  has: () => false,
  open: () => ({ update: () => {}, controls: () => [], table: () => ({ columns: [], rows: 0, cell: () => "", model: () => -1 }), close: () => {} }),
};
