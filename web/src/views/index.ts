// All views, in the order of their tabs.

import type { View } from "../view";
import { clouds } from "./clouds";
import { compare } from "./compare";
import { graph } from "./graph";
import { heatmap } from "./heatmap";
import { map } from "./map";
import { ngrams } from "./ngrams";
import { scatter } from "./scatter";
import { statistics } from "./statistics";
import { tree } from "./tree";

export const VIEWS: readonly View[] = [
  tree, map, heatmap, graph, compare, scatter, clouds, ngrams, statistics,
];
