// Texts in lines: canvases and SVG break none by themselves.

/** A text broken at spaces into lines of at most a width; a longer word is broken at letters. measure: in the same unit. */
export function wrapped(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line ? `${line} ${word}` : word;
    if (measure(longer) <= width) line = longer;
    else {
      if (line) lines.push(line);
      const pieces = broken(word, width, measure);
      lines.push(...pieces.slice(0, -1));
      line = pieces[pieces.length - 1];
    }
  }
  return line ? [...lines, line] : lines;
}

/** A word in pieces of at most a width, of one letter at least. */
function broken(word: string, width: number, measure: (text: string) => number): string[] {
  const pieces = [""];
  for (const letter of word) {
    const last = pieces.length - 1;
    if (pieces[last] && measure(pieces[last] + letter) > width) pieces.push(letter);
    else pieces[last] += letter;
  }
  return pieces;
}
