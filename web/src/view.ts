// What a view is: a picture of the bundle with a table beside it.

import type { Bundle } from "./bundle";
import type { Colours } from "./colours";
import type { Pen } from "./pen";
import type { Store } from "./state";

export interface App {
  readonly bundle: Bundle;
  readonly store: Store;
  readonly colours: Colours;
  /** Whether a model passes search and filters; all do when `passing` is undefined. */
  readonly passing: Uint8Array | undefined;
  /** 1 for each selected model. */
  readonly selected: Uint8Array;
  /** Select models, in any order; the selection is one everywhere. */
  select(models: Iterable<number>): void;
  /** Select a model, or take it from the selection. */
  toggle(model: number): void;
  /** Open a model's page; -1 closes it. */
  open(model: number): void;
  /** A card at the pointer (page coordinates); nothing to hide it. */
  hover(card?: Card): void;
  /** Say something to those who can't see. */
  say(text: string): void;
}

export interface Card {
  x: number;
  y: number;
  model?: number;
  lines?: readonly string[];
}

export interface Table {
  /** most: what fills the bar behind a number, where numbers are shown as bars too. */
  columns: readonly { label: string; numeric: boolean; most?: number }[];
  rows: number;
  cell(row: number, column: number): string | number;
  /** The model a row is about; -1 for none. */
  model(row: number): number;
}

export interface OpenView {
  /** Something changed: state, theme, size. */
  update(): void;
  /** The view's own controls, made anew after each change of state. */
  controls(): Node[];
  /** The picture as it stands, for SVG and PNG. */
  paint?(pen: Pen, width: number, height: number): void;
  table(): Table;
  close(): void;
}

export interface View {
  readonly id: string;
  readonly label: string;
  /** Whether the bundle has what it shows. */
  has(bundle: Bundle): boolean;
  open(host: HTMLElement, app: App): OpenView;
}
