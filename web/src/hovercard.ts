// The card beside the pointer.

import { fill, h, shown } from "./dom";
import type { App, Card } from "./view";

const MOST_LINES = 8;

export class HoverCard {
  readonly element = h("div", { class: "card", role: "tooltip", hidden: true });

  constructor(private readonly app: App) {}

  show(card?: Card): void {
    this.element.hidden = !card;
    if (!card) return;
    fill(this.element, ...this.lines(card));
    const { offsetWidth, offsetHeight } = this.element;
    const left = card.x + 14 + offsetWidth > innerWidth ? card.x - offsetWidth - 14 : card.x + 14;
    const top = Math.min(card.y + 14, innerHeight - offsetHeight - 8);
    this.element.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  }

  private lines(card: Card): Node[] {
    const { bundle } = this.app;
    const lines: Node[] = (card.lines ?? []).map((line) => h("div", {}, shown(line, 120)));
    if (card.model === undefined || card.model < 0) return lines;
    const model = card.model;
    const known = bundle.manifest.models.columns
      .map((column) => [column.label, bundle.text(column, model)] as const)
      .filter(([, text]) => text)
      .slice(0, MOST_LINES);
    return [
      h("strong", { dir: "auto" }, shown(bundle.name(model), 120)),
      ...lines,
      h(
        "dl",
        {},
        ...known.flatMap(([label, text]) => [
          h("dt", {}, shown(label, 30)),
          h("dd", { dir: "auto" }, shown(text, 60)),
        ]),
      ),
    ];
  }
}
