// A pen that draws everything smaller: what doesn't fit a picture at its full size is drawn so.

import type { Pen } from "../pen";

/** What bars and cards are drawn with. */
export type Ink = Pick<
  Pen,
  "fillStyle" | "font" | "textAlign" | "textBaseline" | "fillText" | "fillRect" | "measureText"
>;

export class Scaled implements Ink {
  private size = "12px sans-serif";

  constructor(
    private readonly pen: Ink,
    private readonly scale: number,
  ) {}

  get font(): string {
    return this.size;
  }

  set font(font: string) {
    this.size = font;
    this.pen.font = font.replace(/(\d+(?:\.\d+)?)px/, (_, size) => `${Number(size) * this.scale}px`);
  }

  get fillStyle(): Pen["fillStyle"] {
    return this.pen.fillStyle;
  }

  set fillStyle(style: Pen["fillStyle"]) {
    this.pen.fillStyle = style;
  }

  get textAlign(): CanvasTextAlign {
    return this.pen.textAlign;
  }

  set textAlign(align: CanvasTextAlign) {
    this.pen.textAlign = align;
  }

  get textBaseline(): CanvasTextBaseline {
    return this.pen.textBaseline;
  }

  set textBaseline(baseline: CanvasTextBaseline) {
    this.pen.textBaseline = baseline;
  }

  fillText(text: string, x: number, y: number): void {
    this.pen.fillText(text, x * this.scale, y * this.scale);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.pen.fillRect(x * this.scale, y * this.scale, width * this.scale, height * this.scale);
  }

  /** In the pen's own unit: only the width is told. */
  measureText(text: string): TextMetrics {
    return { width: this.pen.measureText(text).width / this.scale } as TextMetrics;
  }
}
