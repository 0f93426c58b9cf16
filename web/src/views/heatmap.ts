import type { View } from "../view";

export const heatmap: View = {
  id: "heatmap",
  label: "Heatmap",
  has: () => false,
  open: () => ({ update: () => {}, controls: () => [], table: () => ({ columns: [], rows: 0, cell: () => "", model: () => -1 }), close: () => {} }),
};
