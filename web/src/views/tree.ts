import type { View } from "../view";

export const tree: View = {
  id: "tree",
  label: "Tree",
  has: () => false,
  open: () => ({ update: () => {}, controls: () => [], table: () => ({ columns: [], rows: 0, cell: () => "", model: () => -1 }), close: () => {} }),
};
