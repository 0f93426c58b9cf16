import type { View } from "../view";

export const compare: View = {
  id: "compare",
  label: "Compare",
  has: () => false,
  open: () => ({ update: () => {}, controls: () => [], table: () => ({ columns: [], rows: 0, cell: () => "", model: () => -1 }), close: () => {} }),
};
