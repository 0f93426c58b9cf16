import type { View } from "../view";

export const clouds: View = {
  id: "clouds",
  label: "Words",
  has: () => false,
  open: () => ({ update: () => {}, controls: () => [], table: () => ({ columns: [], rows: 0, cell: () => "", model: () => -1 }), close: () => {} }),
};
