import type { View } from "../view";

export const statistics: View = {
  id: "statistics",
  label: "Statistics",
  has: () => false,
  open: () => ({ update: () => {}, controls: () => [], table: () => ({ columns: [], rows: 0, cell: () => "", model: () => -1 }), close: () => {} }),
};
