import type { View } from "../view";

export const scatter: View = {
  id: "scatter",
  label: "Scatter",
  has: () => false,
  open: () => ({ update: () => {}, controls: () => [], table: () => ({ columns: [], rows: 0, cell: () => "", model: () => -1 }), close: () => {} }),
};
