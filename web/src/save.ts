// Any view as a file: SVG, PNG or CSV.

import { theme } from "./colours";
import { download } from "./dom";
import { SvgPen } from "./pen";
import { csv } from "./table";
import type { OpenView } from "./view";

const PNG_SCALE = 2;

export function saveSvg(view: OpenView, name: string, width: number, height: number): void {
  const pen = new SvgPen(width, height);
  pen.fillStyle = theme().paper;
  pen.fillRect(0, 0, width, height);
  view.paint?.(pen, width, height);
  download(`${name}.svg`, pen.toString(), "image/svg+xml");
}

export function savePng(view: OpenView, name: string, width: number, height: number): void {
  const canvas = document.createElement("canvas");
  canvas.width = width * PNG_SCALE;
  canvas.height = height * PNG_SCALE;
  const context = canvas.getContext("2d")!;
  context.scale(PNG_SCALE, PNG_SCALE);
  context.fillStyle = theme().paper;
  context.fillRect(0, 0, width, height);
  view.paint?.(context, width, height);
  canvas.toBlob((blob) => blob && download(`${name}.png`, blob));
}

export function saveCsv(view: OpenView, name: string): void {
  download(`${name}.csv`, csv(view.table()), "text/csv");
}
