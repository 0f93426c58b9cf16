// All views, in the order of their tabs.

import type { View } from "../view";
import { clouds } from "./clouds";
import { compare } from "./compare";
import { findings } from "./findings";
import { graph } from "./graph";
import { heatmap } from "./heatmap";
import { map } from "./map";
import { ngrams } from "./ngrams";
import { scatter } from "./scatter";
import { scores } from "./scores";
import { statistics } from "./statistics";
import { tree } from "./tree";

export const VIEWS: readonly View[] = [
  tree,
  map,
  heatmap,
  graph,
  compare,
  findings,
  scores,
  scatter,
  clouds,
  ngrams,
  statistics,
];
