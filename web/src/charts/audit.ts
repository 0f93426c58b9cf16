// What an audit found, counted and filtered.

import type { Finding } from "../manifest";

/** Whether a finding is about a marked model, as the one or as the other. */
function concerns(finding: Finding, marks: Uint8Array): boolean {
  return [finding.model, finding.other].some((model) => model >= 0 && marks[model] === 1);
}

/** Findings about models that pass every mark; a mark that is undefined is passed by all. */
export function about(findings: readonly Finding[], ...marks: (Uint8Array | undefined)[]): Finding[] {
  return findings.filter((finding) => marks.every((each) => !each || concerns(finding, each)));
}

/** How many there are of each of these kinds: also those with none, so that what can be pressed stays in place. */
export function byKind(findings: readonly Finding[], kinds: readonly string[]): number[] {
  const counts = new Map<string, number>();
  for (const { kind } of findings) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return kinds.map((kind) => counts.get(kind) ?? 0);
}

/** All kinds, the commonest first. */
export function kindsOf(findings: readonly Finding[]): string[] {
  const kinds = [...new Set(findings.map(({ kind }) => kind))];
  const counts = byKind(findings, kinds);
  return kinds
    .map((_, k) => k)
    .sort((a, b) => counts[b] - counts[a] || (kinds[a] < kinds[b] ? -1 : 1))
    .map((k) => kinds[k]);
}

/** Kinds as one setting and back: a kind is any text, so its own "|" is escaped. */
export function written(kinds: readonly string[]): string {
  return kinds.map(encodeURIComponent).join("|");
}

export function read(setting: string, kinds: readonly string[]): string[] {
  const wanted = new Set(setting.split("|"));
  return kinds.filter((kind) => wanted.has(encodeURIComponent(kind)));
}
