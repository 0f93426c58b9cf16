// Several texts in one setting of the address.

/** Texts joined by "|"; what is "|" or "\" in them is marked by "\". */
export function joined(texts: Iterable<string>): string {
  return [...texts].map((text) => text.replace(/[\\|]/g, "\\$&")).join("|");
}

export function parted(text: string): string[] {
  if (!text) return [];
  const found = [""];
  for (let k = 0; k < text.length; k++) {
    if (text[k] === "|") found.push("");
    else found[found.length - 1] += text[k] === "\\" ? (text[++k] ?? "") : text[k];
  }
  return found;
}
