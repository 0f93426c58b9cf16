// Names from the server, where there are too many models to send them all.

import type { Bundle } from "./bundle";

const WAIT = 60;
const MOST = 200;

export class Names {
  private readonly wanted = new Set<number>();
  private late: number | undefined;

  constructor(
    private readonly bundle: Bundle,
    private readonly learnt: () => void,
  ) {}

  /** Ask for those of these models whose names aren't known, all at once and soon. */
  need(models: Iterable<number>): void {
    if (this.bundle.manifest.models.names) return;
    for (const model of models) if (model >= 0 && !this.bundle.knows(model)) this.wanted.add(model);
    if (!this.wanted.size || this.late !== undefined) return;
    this.late = window.setTimeout(() => void this.ask(), WAIT);
  }

  private async ask(): Promise<void> {
    this.late = undefined;
    const models = [...this.wanted].slice(0, MOST);
    this.wanted.clear();
    try {
      const answer = await fetch(`api/names?models=${models.join(",")}`);
      const { names } = (answer.ok ? await answer.json() : { names: [] }) as { names: string[] };
      names.forEach((name, k) => this.bundle.learn(models[k], name));
      if (names.length) this.learnt();
    } catch {
      // the server is gone: numbers stand for names
    }
  }
}
