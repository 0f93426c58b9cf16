// The whole picture of a tree: branches, clades, rings, names, supports, marks, scale.

import { short } from "../bundle";
import { type Colours, theme } from "../colours";
import { shown } from "../dom";
import type { Pen } from "../pen";
import type { App } from "../view";
import { branches, type Lens, placeOf, Strokes } from "./draw";
import { leaders, placed, ring, RING, scaleBar, supports, write } from "./labels";
import type { Layout } from "./layout";
import { inked } from "./shades";
import { isLeaf, models, type Topology } from "./topology";

export interface Scene {
  readonly app: App;
  readonly tree: Topology;
  readonly at: Layout;
  /** Of each node; see `shades`. */
  readonly shade: Uint8Array;
  readonly rings: readonly Colours[];
  /** What is pointed at and the chosen clade; -1 for none. */
  readonly pointed: number;
  readonly clade: number;
  readonly unit: string;
  readonly supports: boolean;
  readonly lengths: boolean;
  /** Pixels beside the tree for names. */
  readonly room: number;
}

const FONT = "11.5px system-ui, sans-serif";
const LETTER = 6.4;
const CROWD = 400;
const MOST_FOREMOST = 60;
const ROW = 12;

export function paintTree(pen: Pen, scene: Scene, lens: Lens): void {
  const { tree, at, app, rings } = scene;
  const colours = theme();
  const strokes = new Strokes();
  branches(tree, at, lens, scene.shade, strokes);
  strokes.flush(pen, (shade) => inked(shade, app.colours, colours), at.tips.length > CROWD ? 1 : 1.4);
  paintFolded(pen, scene, lens);
  rings.forEach((each, k) => ring(pen, tree, at, lens, ringPlace(scene, lens, k), (model) => each.of(model)));
  paintNames(pen, scene, lens);
  if (scene.supports) supports(pen, tree, at, lens, colours.faint);
  paintMarks(pen, scene, lens);
  if (scene.lengths && at.shape !== "unrooted") paintScale(pen, scene, lens);
}

export function nameOf(app: App, tree: Topology, node: number): string {
  const model = tree.model[node];
  return model >= 0 ? app.bundle.name(model) : cladeName(app, tree, node);
}

/** How many models a clade has, and their category where it is one. */
export function cladeName(app: App, tree: Topology, node: number): string {
  const { legend, column, shade, palette } = app.colours;
  const found = models(tree, node);
  const shades = new Set(found.map((model) => shade[model]));
  const colour = shades.size === 1 ? palette[[...shades][0]] : undefined;
  const label = column?.kind === "category" ? legend.find((row) => row.colour === colour)?.label : undefined;
  return `${found.length.toLocaleString("en")} models${label ? ` · ${label}` : ""}`;
}

function paintNames(pen: Pen, scene: Scene, lens: Lens): void {
  const { app, tree, at } = scene;
  const colours = theme();
  pen.font = FONT;
  pen.textBaseline = "middle";
  const text = (node: number) => shown(nameOf(app, tree, node), longest(scene, lens) - (marks(node) ? 3 : 0));
  const marks = (node: number) => tree.model[node] >= 0 && app.selected[tree.model[node]] === 1;
  const edge = edgeOf(scene, lens);
  const width = (node: number) => pen.measureText(text(node)).width;
  const labels = placed(at, lens, { width, first: foremost(scene), edge });
  if (edge !== undefined) leaders(pen, labels, at, lens, colours.line);
  for (const label of labels) {
    const model = tree.model[label.node];
    const marked = marks(label.node);
    const faded = model >= 0 && app.passing?.[model] === 0;
    pen.fillStyle = marked ? colours.mark : faded ? colours.line : colours.ink;
    pen.font = marked ? `600 ${FONT}` : FONT;
    write(pen, label, text(label.node));
  }
}

/** The tips whose names come before all others: pointed at, open, selected. */
function foremost({ app, tree, at, pointed }: Scene): number[] {
  const { model, selected } = app.store.get();
  const named = [model, ...selected.slice(0, MOST_FOREMOST)].filter((each) => each >= 0);
  const nodes = [pointed, ...named.map((each) => tree.model.indexOf(each))];
  return [...new Set(nodes)].filter(
    (node) => node >= 0 && at.seen[node] && (isLeaf(tree, node) || at.folded[node]),
  );
}

/** Letters of a name that fit beside the tree. */
function longest(scene: Scene, lens: Lens): number {
  if (scene.at.shape === "unrooted") return 28;
  const rings = RING * scene.rings.length;
  const room = scene.room - rings - 14;
  const right = lens.width - rings - (edgeOf(scene, lens) ?? lens.sx(1)) - 14;
  const free = scene.at.shape === "circular" ? room : right;
  return Math.max(8, Math.floor(Math.max(room, free) / LETTER));
}

/** Where aligned names begin: always in a circle, in rows where they are denser than names. */
function edgeOf(scene: Scene, lens: Lens): number | undefined {
  if (scene.at.shape === "unrooted") return undefined;
  if (scene.at.shape === "circular") return 0.5 * lens.scaleX + RING * scene.rings.length;
  const dense = lens.scaleY / scene.at.tips.length < ROW;
  return dense ? Math.min(lens.sx(1), lens.width - scene.room) : undefined;
}

function ringPlace({ at, rings }: Scene, lens: Lens, k: number): number {
  if (at.shape === "rectangular") return lens.width - RING * (rings.length - k) - 4;
  return 0.5 * lens.scaleX + RING * (k + 0.7);
}

/** Collapsed clades are triangles as long as the clade is deep. */
function paintFolded(pen: Pen, { app, at, shade }: Scene, lens: Lens): void {
  const colours = theme();
  for (const node of at.tips) {
    if (!at.folded[node]) continue;
    pen.fillStyle = inked(shade[node], app.colours, colours);
    pen.globalAlpha = 0.75;
    const [x, y] = placeOf(at, lens, node);
    pen.beginPath();
    if (at.shape === "rectangular") {
      const half = Math.min(9, Math.max(3, (0.4 / at.tips.length) * lens.scaleY));
      const to = Math.max(x + 6, lens.sx(at.far[node]));
      pen.moveTo(x, y);
      pen.lineTo(to, y - half);
      pen.lineTo(to, y + half);
    } else pen.arc(x, y, 6, 0, 2 * Math.PI);
    pen.closePath();
    pen.fill();
    pen.globalAlpha = 1;
  }
}

function paintMarks(pen: Pen, { app, tree, at, clade, pointed }: Scene, lens: Lens): void {
  const colours = theme();
  const dot = (node: number, radius: number, fill: boolean) => {
    if (node < 0 || !at.seen[node]) return;
    const [x, y] = placeOf(at, lens, node);
    if (x < -9 || y < -9 || x > lens.width + 9 || y > lens.height + 9) return;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fillStyle = pen.strokeStyle = colours.mark;
    pen.lineWidth = 2;
    if (fill) pen.fill();
    else pen.stroke();
  };
  for (const node of at.tips) if (app.selected[tree.model[node]]) dot(node, 3, true);
  dot(clade, 6, false);
  dot(pointed, 4, false);
  const { model } = app.store.get();
  if (model >= 0) dot(tree.model.indexOf(model), 6, false);
}

function paintScale(pen: Pen, { at, unit }: Scene, lens: Lens): void {
  const pixels = (at.shape === "circular" ? 0.5 * lens.scaleX : lens.scaleX) / at.span;
  const bar = scaleBar(pixels);
  const colours = theme();
  const [x, y] = [24, lens.height - 14];
  const told = `${short(bar.length)} ${shown(unit, 40)}`;
  pen.font = "11px system-ui, sans-serif";
  pen.fillStyle = colours.paper; // names scroll behind it
  pen.fillRect(x - 8, y - 11, bar.pixels + pen.measureText(told).width + 22, 20);
  pen.strokeStyle = pen.fillStyle = colours.faint;
  pen.lineWidth = 1.2;
  pen.beginPath();
  pen.moveTo(x, y - 4);
  pen.lineTo(x, y);
  pen.lineTo(x + bar.pixels, y);
  pen.lineTo(x + bar.pixels, y - 4);
  pen.stroke();
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillText(told, x + bar.pixels + 7, y - 1);
}
