// What the person has chosen, all of it in the address: it can be shared, and back works.

export interface State {
  /** The view shown. */
  view: string;
  /** The model whose page is open; -1 for none. */
  model: number;
  /** Selected models, ascending. */
  selected: readonly number[];
  /** The search text. */
  query: string;
  /** Column name to what must hold of it: categories as `lists` joins them, or "low..high". */
  filters: Readonly<Record<string, string>>;
  /** The column that colours models. */
  colour: string;
  /** Settings of views, "view.setting" to value. */
  settings: Readonly<Record<string, string>>;
}

type Listener = (state: State, before: State) => void;

const LONGEST_ADDRESS = 20_000;

export class Store {
  private listeners: Listener[] = [];

  constructor(private state: State) {}

  get(): State {
    return this.state;
  }

  set(change: Partial<State>): void {
    const before = this.state;
    this.state = { ...before, ...change };
    for (const listener of [...this.listeners]) listener(this.state, before);
  }

  setting(name: string, otherwise = ""): string {
    return this.state.settings[name] ?? otherwise;
  }

  /** Change one setting; an empty value forgets it. */
  choose(name: string, value: string): void {
    const settings = { ...this.state.settings };
    if (value === "") delete settings[name];
    else settings[name] = value;
    this.set({ settings });
  }

  /** Returns how to stop listening. */
  on(listener: Listener): () => void {
    this.listeners.push(listener);
    return () => {
      this.listeners = this.listeners.filter((each) => each !== listener);
    };
  }
}

/** The state as the part of an address after "#". */
export function toHash(state: State): string {
  const words = new URLSearchParams();
  if (state.view) words.set("view", state.view);
  if (state.model >= 0) words.set("model", String(state.model));
  if (state.query) words.set("q", state.query);
  if (state.colour) words.set("colour", state.colour);
  for (const [name, value] of Object.entries(state.filters)) words.set(`f.${name}`, value);
  for (const [name, value] of Object.entries(state.settings)) words.set(`s.${name}`, value);
  const selected = packed(state.selected);
  if (selected && selected.length + words.toString().length < LONGEST_ADDRESS) {
    words.set("sel", selected);
  }
  return words.toString();
}

export function fromHash(hash: string, count: number): State {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const filters: Record<string, string> = {};
  const settings: Record<string, string> = {};
  for (const [name, value] of words) {
    if (name.startsWith("f.")) filters[name.slice(2)] = value;
    if (name.startsWith("s.")) settings[name.slice(2)] = value;
  }
  const model = Number.parseInt(words.get("model") ?? "-1", 10);
  return {
    view: words.get("view") ?? "",
    model: model >= 0 && model < count ? model : -1,
    selected: unpacked(words.get("sel") ?? "", count),
    query: words.get("q") ?? "",
    colour: words.get("colour") ?? "",
    filters,
    settings,
  };
}

/** Ascending numbers in few letters: runs as "first-length", firsts as steps, base 36. */
export function packed(numbers: readonly number[]): string {
  const runs: string[] = [];
  let last = 0;
  for (let i = 0; i < numbers.length;) {
    let end = i + 1;
    while (end < numbers.length && numbers[end] === numbers[end - 1] + 1) end++;
    const step = (numbers[i] - last).toString(36);
    runs.push(end - i > 1 ? `${step}-${(end - i).toString(36)}` : step);
    last = numbers[end - 1];
    i = end;
  }
  return runs.join(".");
}

export function unpacked(text: string, count: number): number[] {
  const found: number[] = [];
  let last = 0;
  for (const run of text ? text.split(".") : []) {
    const [step, length = "1"] = run.split("-");
    const first = last + Number.parseInt(step, 36);
    const many = Number.parseInt(length, 36);
    if (!(first >= 0) || !(many > 0) || first + many > count) return [];
    for (let k = 0; k < many; k++) found.push(first + k);
    last = first + many - 1;
  }
  return found;
}

/** Whether two states differ in nothing but where views look. */
export function looksElsewhere(a: State, b: State): boolean {
  const { settings: ofA, ...restA } = a;
  const { settings: ofB, ...restB } = b;
  const same = (Object.keys(restA) as (keyof typeof restA)[]).every((name) => restA[name] === restB[name]);
  const names = new Set([...Object.keys(ofA), ...Object.keys(ofB)]);
  return same && [...names].every((name) => name.endsWith(".camera") || ofA[name] === ofB[name]);
}

/** Keep the store and the address one: choices of a view or model can be gone back from. */
export function follow(store: Store, count: number): void {
  let late: number | undefined;
  store.on((state, before) => {
    const turned = state.view !== before.view || state.model !== before.model;
    const write = () => {
      const hash = `#${toHash(store.get())}`;
      if (hash === location.hash) return;
      try {
        if (turned) history.pushState(null, "", hash);
        else history.replaceState(null, "", hash);
      } catch {
        // a frame without an address of its own: then the state lives here only
      }
    };
    clearTimeout(late);
    if (turned) write();
    else late = window.setTimeout(write, 150);
  });
  const read = () => store.set(fromHash(location.hash, count));
  window.addEventListener("popstate", read);
  window.addEventListener("hashchange", read);
}
