import type { View } from "../view";

export const ngrams: View = {
  id: "ngrams",
  label: "Phrases",
  has: () => false,
  open: () => ({ update: () => {}, controls: () => [], table: () => ({ columns: [], rows: 0, cell: () => "", model: () => -1 }), close: () => {} }),
};
