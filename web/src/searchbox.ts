// The search field: suggestions as one types, Enter keeps the search as a filter of all views.

import { fill, h, shown } from "./dom";
import type { Search } from "./search";
import type { App } from "./view";

interface Found {
  model: number;
  name: string;
}

export class SearchBox {
  readonly element: HTMLFormElement;
  private readonly input: HTMLInputElement;
  private readonly list = h("ul", {
    role: "listbox",
    id: "found",
    hidden: true,
    "aria-label": "Models found",
  });
  private found: Found[] = [];
  private current = -1;
  private asked = 0;

  constructor(
    private readonly app: App,
    private readonly search: Search | undefined,
  ) {
    this.input = h("input", {
      type: "search",
      placeholder: "Find a model",
      "aria-label": "Find a model",
      role: "combobox",
      "aria-expanded": "false",
      "aria-controls": "found",
      "aria-autocomplete": "list",
      autocomplete: "off",
      value: app.store.get().query,
    });
    this.element = h("form", { role: "search", class: "search" }, this.input, this.list);
    this.input.addEventListener("input", () => void this.suggest());
    this.input.addEventListener("search", () => this.input.value || this.keep());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("focus", () => requestIdleCallback(() => this.search?.prepare()), {
      once: true,
    });
    this.input.addEventListener("blur", () => window.setTimeout(() => this.hide(), 150));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.current >= 0) this.open(this.found[this.current].model);
      else this.keep();
    });
    app.store.on((state, before) => {
      if (state.query !== before.query) this.input.value = state.query;
    });
  }

  private async suggest(): Promise<void> {
    const turn = ++this.asked;
    const query = this.input.value.trim();
    const found = query ? await this.ask(query) : [];
    if (turn !== this.asked) return;
    this.found = found;
    this.current = -1;
    this.show();
  }

  private async ask(query: string): Promise<Found[]> {
    if (this.search) {
      return this.search.best(query).map((model) => ({ model, name: this.app.bundle.name(model) }));
    }
    const answer = await fetch(`api/search?q=${encodeURIComponent(query)}&limit=12`).catch(() => undefined);
    const { models } = (answer?.ok ? await answer.json() : { models: [] }) as {
      models: { index: number; name: string }[];
    };
    return models.map(({ index, name }) => {
      this.app.bundle.learn(index, name);
      return { model: index, name };
    });
  }

  private show(): void {
    this.list.hidden = !this.input.value.trim();
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    if (this.current >= 0) this.input.setAttribute("aria-activedescendant", `found-${this.current}`);
    else this.input.removeAttribute("aria-activedescendant");
    const none = h(
      "li",
      { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false" },
      "No model has such a name",
    );
    const rows = this.found.map(({ model, name }, k) =>
      h(
        "li",
        {
          id: `found-${k}`,
          role: "option",
          "aria-selected": String(k === this.current),
          dir: "auto",
          onmousedown: (event: Event) => {
            event.preventDefault();
            this.open(model);
          },
        },
        shown(name, 100),
      ),
    );
    fill(this.list, ...(rows.length ? rows : [none]));
  }

  private key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.found.length) {
      this.current = (this.current + step + this.found.length) % this.found.length;
      this.show();
      event.preventDefault();
    }
    if (event.key === "Escape") this.hide();
  }

  private hide(): void {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }

  private open(model: number): void {
    this.hide();
    this.input.value = this.app.store.get().query;
    this.app.select([model]);
    this.app.open(model);
  }

  private keep(): void {
    if (!this.search && this.input.value.trim()) {
      return this.app.say(
        "With so many models a search can't be kept as a filter; choose one of those listed",
      );
    }
    this.hide();
    this.app.store.set({ query: this.input.value.trim() });
  }
}
