// Choosing among phrases.

/** Places of the phrases that hold a text, whatever its case. */
export function holding(texts: readonly string[], wanted: string): number[] {
  const low = wanted.toLowerCase();
  return texts.flatMap((text, place) => (text.toLowerCase().includes(low) ? [place] : []));
}

/** These places from the greatest value down; unknown values last. */
export function bestOf(places: readonly number[], values: ArrayLike<number>): number[] {
  const worth = (place: number) => (Number.isNaN(values[place]) ? -Infinity : values[place]);
  return [...places].sort((a, b) => (worth(b) === worth(a) ? a - b : worth(b) - worth(a)));
}
