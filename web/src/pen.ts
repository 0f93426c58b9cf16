// What pictures are drawn with: a canvas on the page, an SVG document when they are saved.

export type Pen = Pick<
  CanvasRenderingContext2D,
  | "fillStyle"
  | "strokeStyle"
  | "lineWidth"
  | "globalAlpha"
  | "font"
  | "textAlign"
  | "textBaseline"
  | "beginPath"
  | "moveTo"
  | "lineTo"
  | "arc"
  | "rect"
  | "closePath"
  | "stroke"
  | "fill"
  | "fillRect"
  | "strokeRect"
  | "fillText"
  | "measureText"
  | "save"
  | "restore"
  | "translate"
  | "rotate"
  | "drawImage"
>;

const NS = "http://www.w3.org/2000/svg";

interface Look {
  fillStyle: Pen["fillStyle"];
  strokeStyle: Pen["strokeStyle"];
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
  turned: string;
}

const ANCHOR: Record<string, string> = { center: "middle", right: "end", end: "end" };
const BASELINE: Record<string, string> = { middle: "central", top: "hanging", hanging: "hanging" };

/** Draws into an SVG document. Texts become text nodes. */
export class SvgPen implements Pen {
  fillStyle: Pen["fillStyle"] = "#000";
  strokeStyle: Pen["strokeStyle"] = "#000";
  lineWidth = 1;
  globalAlpha = 1;
  font = "12px sans-serif";
  textAlign: CanvasTextAlign = "start";
  textBaseline: CanvasTextBaseline = "alphabetic";
  private turned = "";
  private readonly kept: Look[] = [];
  private path = "";
  private readonly ruler = document.createElement("canvas").getContext("2d")!;
  readonly root = document.createElementNS(NS, "svg");

  constructor(width: number, height: number) {
    this.root.setAttribute("xmlns", NS);
    this.root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.root.setAttribute("width", String(width));
    this.root.setAttribute("height", String(height));
  }

  toString(): string {
    return new XMLSerializer().serializeToString(this.root);
  }

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline, turned } = this;
    this.kept.push({
      fillStyle,
      strokeStyle,
      lineWidth,
      globalAlpha,
      font,
      textAlign,
      textBaseline,
      turned,
    });
  }

  restore(): void {
    Object.assign(this, this.kept.pop());
  }

  translate(x: number, y: number): void {
    this.turned += `translate(${tidy(x)} ${tidy(y)})`;
  }

  rotate(angle: number): void {
    this.turned += `rotate(${tidy((angle * 180) / Math.PI)})`;
  }

  beginPath(): void {
    this.path = "";
  }

  moveTo(x: number, y: number): void {
    this.path += `M${tidy(x)} ${tidy(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.path += `${this.path ? "L" : "M"}${tidy(x)} ${tidy(y)}`;
  }

  rect(x: number, y: number, w: number, h: number): void {
    this.path += `M${tidy(x)} ${tidy(y)}h${tidy(w)}v${tidy(h)}h${tidy(-w)}z`;
  }

  closePath(): void {
    this.path += "z";
  }

  arc(x: number, y: number, r: number, from: number, to: number, back = false): void {
    const full = Math.abs(to - from) >= 2 * Math.PI - 1e-6;
    const end = full ? from + Math.PI : to;
    const at = (angle: number) => `${tidy(x + r * Math.cos(angle))} ${tidy(y + r * Math.sin(angle))}`;
    const sweep = back ? 0 : 1;
    const large = !full && Math.abs(to - from) > Math.PI ? 1 : 0;
    this.path += `${this.path && !full ? "L" : "M"}${at(from)}`;
    this.path += `A${tidy(r)} ${tidy(r)} 0 ${large} ${sweep} ${at(end)}`;
    if (full) this.path += `A${tidy(r)} ${tidy(r)} 0 0 ${sweep} ${at(from)}`;
  }

  stroke(): void {
    this.add("path", {
      d: this.path,
      fill: "none",
      stroke: this.strokeStyle,
      "stroke-width": this.lineWidth,
    });
  }

  fill(): void {
    this.add("path", { d: this.path, fill: this.fillStyle });
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.add("rect", {
      x: tidy(x),
      y: tidy(y),
      width: tidy(width),
      height: tidy(height),
      fill: this.fillStyle,
    });
  }

  strokeRect(x: number, y: number, w: number, h: number): void {
    this.beginPath();
    this.rect(x, y, w, h);
    this.stroke();
  }

  fillText(text: string, x: number, y: number): void {
    const size = /(\d+(?:\.\d+)?)px/.exec(this.font)?.[1] ?? "12";
    const element = this.add("text", {
      x: tidy(x),
      y: tidy(y),
      fill: this.fillStyle,
      "font-size": size,
      "font-family": "sans-serif",
      "font-weight": this.font.includes("bold") || this.font.includes("600") ? "600" : "400",
      "text-anchor": ANCHOR[this.textAlign] ?? "start",
      "dominant-baseline": BASELINE[this.textBaseline] ?? "auto",
    });
    element.textContent = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "�");
  }

  measureText(text: string): TextMetrics {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }

  drawImage(...from: unknown[]): void {
    const [image, x, y, width, height] = from as [HTMLCanvasElement, number, number, number, number];
    const href = image.toDataURL("image/png");
    // Images are of pixels that mean something: cells, counts.
    this.add("image", {
      href,
      x,
      y,
      width: width ?? image.width,
      height: height ?? image.height,
      "image-rendering": "pixelated",
    });
  }

  private add(tag: string, attributes: Record<string, unknown>): Element {
    const element = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    if (this.turned) element.setAttribute("transform", this.turned);
    if (this.globalAlpha < 1) element.setAttribute("opacity", String(this.globalAlpha));
    this.root.append(element);
    return element;
  }
}

function tidy(value: number): number {
  return Math.round(value * 100) / 100;
}
