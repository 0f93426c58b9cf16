import type { View } from "../view";

export const map: View = {
  id: "map",
  label: "Map",
  has: () => false,
  open: () => ({ update: () => {}, controls: () => [], table: () => ({ columns: [], rows: 0, cell: () => "", model: () => -1 }), close: () => {} }),
};
