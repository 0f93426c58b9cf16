// Word clouds: what the names of a cluster's models say.

import { boxes, type Cluster, layoutOf, paintTitled, paintWords, wordColours } from "../clouds/draw";
import { theme } from "../colours";
import { button, choice, fill, h, shown } from "../dom";
import { type Pen, SvgPen } from "../pen";
import type { App, OpenView, Table, View } from "../view";
import "./clouds.css";

const FIRST = 12;
const CARD_HEIGHT = 168;
const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  PageDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
  PageUp: -1,
};

class CloudsView implements OpenView {
  private readonly clusters: readonly Cluster[];
  private readonly find = h("input", {
    type: "search",
    placeholder: "e.g. chat, 7b, german",
    "aria-label": "Clusters with the word",
  });
  private readonly body = h("div", { class: "clouds" });
  private readonly host: HTMLElement;
  private readonly watch: ResizeObserver;
  private width = 0;
  private shown = "";

  constructor(
    stage: HTMLElement,
    private readonly app: App,
  ) {
    this.clusters = [...app.bundle.manifest.clusters].sort((a, b) => b.size - a.size);
    this.host = h("div", { class: "scrolls", tabindex: -1 }, this.body);
    this.host.addEventListener("keydown", (event) => this.key(event));
    this.find.value = app.store.setting("clouds.find");
    this.find.addEventListener("input", () => app.store.choose("clouds.find", this.find.value.trim()));
    stage.append(this.host);
    this.watch = new ResizeObserver(() => this.resized());
    this.watch.observe(this.host);
    this.update();
  }

  /** The place of the enlarged cluster; -1 for the many. */
  private get chosen(): number {
    const place = Number.parseInt(this.app.store.setting("clouds.cluster"), 10);
    return place >= 0 && place < this.clusters.length ? place : -1;
  }

  /** Places of the clusters shown side by side: the largest, or the largest with a word. */
  private get several(): number[] {
    const wanted = this.app.store.setting("clouds.find").toLowerCase();
    const holds = ({ name, words }: Cluster) =>
      [name, ...words].some((word) => word.toLowerCase().includes(wanted));
    return this.clusters.flatMap((cluster, k) => (!wanted || holds(cluster) ? [k] : [])).slice(0, FIRST);
  }

  update(): void {
    const place = this.chosen;
    const before = this.shown;
    this.shown = String(place);
    const held = this.host.contains(document.activeElement) && document.activeElement !== this.find;
    const step = (document.activeElement as HTMLElement | null)?.dataset?.step;
    if (place < 0) this.drawSeveral();
    else this.drawOne(place);
    if (before !== this.shown && before !== "") this.host.scrollTop = 0;
    if (held)
      (
        this.body.querySelector<HTMLElement>(step ? `[data-step="${step}"]` : "h2, button") ?? this.host
      ).focus();
  }

  private resized(): void {
    if (this.host.clientWidth === this.width) return;
    this.width = this.host.clientWidth;
    this.update();
  }

  private drawSeveral(): void {
    const places = this.several;
    const many = this.clusters.length.toLocaleString("en");
    const note = places.length
      ? `The ${places.length} largest of ${many} clusters of names; click or tap one to enlarge it.`
      : "No cluster has that word.";
    const head = h(
      "div",
      { class: "clouds-head" },
      h("label", { class: "choice" }, h("span", {}, "With the word"), this.find),
      h("p", { class: "note" }, note),
    );
    const focused = document.activeElement === this.find;
    const columns = Math.max(1, Math.floor((this.host.clientWidth - 18) / 310));
    const width = Math.max(120, (this.host.clientWidth - 32 - 14 * (columns - 1)) / columns - 26);
    const cards = h("div", { class: "cloud-cards" }, ...places.map((place) => this.card(place, width)));
    cards.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    fill(this.body, head, cards);
    if (focused) this.find.focus();
  }

  private card(place: number, width: number): HTMLElement {
    const cluster = this.clusters[place];
    const picture = new SvgPen(width, CARD_HEIGHT);
    paintWords(picture, layoutOf(cluster, place, width, CARD_HEIGHT), wordColours(theme()), 0, 0);
    picture.root.setAttribute("aria-hidden", "true");
    const made = h(
      "button",
      { type: "button", class: "cloud-card", onclick: () => this.turnTo(place) },
      h(
        "span",
        { class: "cloud-name" },
        h("strong", { dir: "auto" }, shown(cluster.name, 60)),
        h("span", { class: "number" }, `${this.count(cluster)} models`),
      ),
    );
    made.append(picture.root);
    return made;
  }

  private drawOne(place: number): void {
    const cluster = this.clusters[place];
    const width = Math.max(200, this.host.clientWidth - 34);
    const height = Math.max(220, this.host.clientHeight - 150);
    const step = (by: number, text: string, title: string) => {
      const made = button(text, () => this.step(by), title);
      made.dataset.step = String(by);
      return made;
    };
    const head = h(
      "div",
      { class: "cloud-title" },
      step(-1, "‹", "The cluster before"),
      step(1, "›", "The next cluster"),
      h("h2", { tabindex: -1, dir: "auto" }, shown(cluster.name, 120)),
      h(
        "span",
        { class: "note" },
        `${this.count(cluster)} models · cluster ${place + 1} of ${this.clusters.length}`,
      ),
    );
    const acts = h(
      "div",
      { class: "cloud-acts" },
      button("Select these models", () => this.select(cluster)),
      button("All clusters", () => this.turnTo(-1)),
      this.searched(cluster),
    );
    fill(
      this.body,
      head,
      acts,
      this.words(cluster, place, width, height),
      h(
        "p",
        { class: "note" },
        "Words are as large as they tell this cluster from the others. Click or tap one to search for it within the cluster.",
      ),
    );
  }

  /** The cloud, each word a button. */
  private words(cluster: Cluster, place: number, width: number, height: number): HTMLElement {
    const placed = layoutOf(cluster, place, width, height);
    const pen = new SvgPen(width, height);
    paintWords(pen, placed, wordColours(theme()), 0, 0);
    pen.root.setAttribute("role", "group");
    pen.root.setAttribute("aria-label", `Words of ${shown(cluster.name, 80)}, the most telling first`);
    placed.forEach((word, k) => {
      const element = pen.root.children[k] as SVGElement;
      for (const [name, value] of Object.entries({
        role: "button",
        tabindex: "0",
        class: "word",
        "aria-label": `Search for ${word.text}`,
      }))
        element.setAttribute(name, value);
      const act = () => this.search(cluster, cluster.words[word.rank]);
      element.addEventListener("click", act);
      element.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        act();
      });
    });
    const box = h("div", { class: "cloud-large" });
    box.append(pen.root);
    return box;
  }

  /** What the search within this cluster has found, and a way out of it. */
  private searched(cluster: Cluster): HTMLElement | undefined {
    const { query, filters } = this.app.store.get();
    if (!query || filters.cluster !== cluster.name) return undefined;
    const found = this.members(cluster).filter((model) => this.app.passing?.[model]).length;
    const others = { ...filters };
    delete others.cluster;
    return h(
      "span",
      { class: "note", "aria-live": "polite" },
      `${found.toLocaleString("en")} models with “${shown(query, 40)}” `,
      button("Clear", () => this.app.store.set({ query: "", filters: others })),
    );
  }

  private search(cluster: Cluster, word: string): void {
    const { store, bundle } = this.app;
    const filters = bundle.column("cluster")
      ? { ...store.get().filters, cluster: cluster.name }
      : store.get().filters;
    store.set({ query: word, filters });
    this.app.say(`Searching for ${word} in ${cluster.name}`);
  }

  private members(cluster: Cluster): number[] {
    const { bundle } = this.app;
    const column = bundle.column("cluster");
    const wanted = column?.categories?.indexOf(cluster.name) ?? -1;
    if (!column?.values || wanted < 0) return [];
    return Array.from(bundle.numbers(column.values)).flatMap((value, model) =>
      value === wanted ? [model] : [],
    );
  }

  private count(cluster: Cluster): string {
    const { passing } = this.app;
    const all = cluster.size.toLocaleString("en");
    if (!passing) return all;
    return `${this.members(cluster)
      .filter((model) => passing[model])
      .length.toLocaleString("en")} of ${all}`;
  }

  private select(cluster: Cluster): void {
    const { passing } = this.app;
    this.app.select(this.members(cluster).filter((model) => !passing || passing[model]));
  }

  private turnTo(place: number): void {
    this.app.store.choose("clouds.cluster", place < 0 ? "" : String(place));
    const cluster = this.clusters[place];
    this.app.say(
      cluster
        ? `${cluster.name}, ${cluster.size} models: ${cluster.words.slice(0, 5).join(", ")}`
        : "All clusters",
    );
  }

  private step(by: number): void {
    this.turnTo((this.chosen + by + this.clusters.length) % this.clusters.length);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === this.find) return;
    const by = STEPS[event.key];
    if (this.chosen >= 0 && by) this.step(by);
    else if (this.chosen >= 0 && event.key === "Escape") this.turnTo(-1);
    else if (by && !event.key.startsWith("Page")) this.moveFocus(by);
    else return;
    event.preventDefault();
  }

  private moveFocus(by: number): void {
    const cards = [...this.body.querySelectorAll<HTMLElement>(".cloud-card")];
    const at = cards.findIndex((card) => card === document.activeElement);
    cards[Math.min(cards.length - 1, Math.max(0, at + by))]?.focus();
  }

  controls(): Node[] {
    const options = this.clusters.map(
      (cluster, k) =>
        [String(k), `${shown(cluster.name, 44)} (${cluster.size.toLocaleString("en")})`] as const,
    );
    return [
      choice(
        "Cluster",
        [["", "all, side by side"], ...options],
        this.chosen < 0 ? "" : String(this.chosen),
        (value) => this.turnTo(value === "" ? -1 : Number(value)),
      ),
    ];
  }

  paint(pen: Pen, width: number, height: number): void {
    const places = this.chosen < 0 ? this.several : [this.chosen];
    boxes(places.length, width, height).forEach((box, k) =>
      paintTitled(pen, this.clusters[places[k]], places[k], theme(), box),
    );
  }

  table(): Table {
    const cluster = this.clusters[this.chosen];
    return cluster ? wordTable(cluster) : clusterTable(this.clusters);
  }

  close(): void {
    this.watch.disconnect();
  }
}

function wordTable({ words, weights }: Cluster): Table {
  return {
    columns: [
      { label: "word", numeric: false },
      { label: "weight", numeric: true },
    ],
    rows: words.length,
    cell: (row, column) => (column ? Number(weights[row].toPrecision(4)) : words[row]),
    model: () => -1,
  };
}

function clusterTable(clusters: readonly Cluster[]): Table {
  return {
    columns: [
      { label: "cluster", numeric: false },
      { label: "models", numeric: true },
      { label: "words", numeric: false },
    ],
    rows: clusters.length,
    cell: (row, column) =>
      [clusters[row].name, clusters[row].size, clusters[row].words.slice(0, 10).join(", ")][column],
    model: () => -1,
  };
}

export const clouds: View = {
  id: "clouds",
  label: "Words",
  has: (bundle) => bundle.manifest.clusters.length > 0,
  open: (host, app) => new CloudsView(host, app),
};
