// A canvas that can be zoomed and panned by wheel, drag, pinch and keys.

import { h } from "./dom";

/** Zoom and the world point in the middle. The world fits the canvas at zoom 1 around (.5, .5). */
export interface Camera {
  zx: number;
  zy: number;
  x: number;
  y: number;
}

export const WHOLE: Camera = { zx: 1, zy: 1, x: 0.5, y: 0.5 };

export interface Events {
  paint(context: CanvasRenderingContext2D, width: number, height: number): void;
  moved?(camera: Camera): void;
  hover?(x: number, y: number): void;
  leave?(): void;
  click?(x: number, y: number, event: PointerEvent): void;
  /** Shift and drag: the way of the pointer, on the canvas. */
  lasso?(points: readonly [number, number][]): void;
  /** Whether the view has used the key. */
  key?(event: KeyboardEvent): boolean;
}

export interface Shape {
  /** One scale for both directions. */
  even: boolean;
  /** Which directions the wheel zooms. */
  wheel: "both" | "y";
  /** Empty space around the world, in pixels: left, top, right, bottom. */
  room: readonly [number, number, number, number];
  deepest: number;
}

const STEP = 1.25;
const PAN = 60;

export class Surface {
  readonly canvas: HTMLCanvasElement;
  width = 1;
  height = 1;
  private camera: Camera = WHOLE;
  private due = false;
  private readonly pointers = new Map<number, { x: number; y: number }>();
  private lassoed: [number, number][] | undefined;
  private dragged = 0;
  private readonly watch: ResizeObserver;

  constructor(
    host: HTMLElement,
    label: string,
    private readonly events: Events,
    public shape: Shape,
  ) {
    this.canvas = h("canvas", { class: "surface", tabindex: 0, role: "img", "aria-label": label });
    host.append(this.canvas);
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.canvas);
    this.listen();
    this.resize();
  }

  close(): void {
    this.watch.disconnect();
    this.canvas.remove();
  }

  /** Screen place of a world place. */
  sx(x: number): number {
    const [left, , right] = this.shape.room;
    return (x - this.camera.x) * this.scaleX() + (left + this.width - right) / 2;
  }

  sy(y: number): number {
    const [, top, , bottom] = this.shape.room;
    return (y - this.camera.y) * this.scaleY() + (top + this.height - bottom) / 2;
  }

  wx(x: number): number {
    const [left, , right] = this.shape.room;
    return (x - (left + this.width - right) / 2) / this.scaleX() + this.camera.x;
  }

  wy(y: number): number {
    const [, top, , bottom] = this.shape.room;
    return (y - (top + this.height - bottom) / 2) / this.scaleY() + this.camera.y;
  }

  /** Pixels to a unit of the world. */
  scaleX(): number {
    return this.camera.zx * (this.shape.even ? this.side() : this.innerWidth());
  }

  scaleY(): number {
    return this.camera.zy * (this.shape.even ? this.side() : this.innerHeight());
  }

  get(): Camera {
    return this.camera;
  }

  look(camera: Camera): void {
    this.camera = camera;
    this.draw();
  }

  /** Zoom about a place on the canvas, by default its middle. */
  zoom(factor: number, x = this.width / 2, y = this.height / 2, both = this.shape.wheel === "both"): void {
    const [wx, wy] = [this.wx(x), this.wy(y)];
    const clamp = (zoom: number) => Math.min(this.shape.deepest, Math.max(0.5, zoom));
    const { zx, zy } = this.camera;
    this.camera = { ...this.camera, zx: both ? clamp(zx * factor) : zx, zy: clamp(zy * factor) };
    this.move(wx - this.wx(x), wy - this.wy(y));
  }

  /** Draw at the next frame. */
  draw(): void {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => this.drawNow());
  }

  drawNow(): void {
    this.due = false;
    const context = this.canvas.getContext("2d")!;
    const ratio = window.devicePixelRatio || 1;
    const started = performance.now();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.events.paint(context, this.width, this.height);
    if (this.lassoed) this.paintLasso(context);
    performance.measure("paint", { start: started });
    this.canvas.dataset.drawn = String(Number(this.canvas.dataset.drawn ?? 0) + 1);
  }

  private move(dx: number, dy: number): void {
    const within = (value: number) => Math.min(1.2, Math.max(-0.2, value));
    this.camera = { ...this.camera, x: within(this.camera.x + dx), y: within(this.camera.y + dy) };
    this.draw();
    this.events.moved?.(this.camera);
  }

  private side(): number {
    return Math.max(1, Math.min(this.innerWidth(), this.innerHeight()));
  }

  private innerWidth(): number {
    return Math.max(1, this.width - this.shape.room[0] - this.shape.room[2]);
  }

  private innerHeight(): number {
    return Math.max(1, this.height - this.shape.room[1] - this.shape.room[3]);
  }

  private resize(): void {
    const ratio = window.devicePixelRatio || 1;
    this.width = Math.max(1, this.canvas.clientWidth);
    this.height = Math.max(1, this.canvas.clientHeight);
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.draw();
  }

  private at(event: MouseEvent): [number, number] {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private listen(): void {
    const { canvas } = this;
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const [x, y] = this.at(event);
        const lines = event.deltaMode === 1 ? 16 : 1;
        const both = this.shape.wheel === "both" || event.shiftKey || event.ctrlKey;
        this.zoom(Math.exp(-(event.deltaY + event.deltaX) * lines * 0.0018), x, y, both);
      },
      { passive: false },
    );
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => this.events.leave?.());
    canvas.addEventListener("dblclick", (event) => this.zoom(2, ...this.at(event)));
    canvas.addEventListener("keydown", (event) => this.pressKey(event));
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const [x, y] = this.at(event);
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x, y });
    this.dragged = 0;
    if (event.shiftKey && this.events.lasso) this.lassoed = [[x, y]];
  }

  private drag(event: PointerEvent): void {
    const [x, y] = this.at(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.events.hover?.(x, y);
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    this.pointers.set(event.pointerId, { x, y });
    this.dragged += Math.abs(x - before.x) + Math.abs(y - before.y);
    if (this.lassoed) {
      this.lassoed.push([x, y]);
      return this.draw();
    }
    if (others.length) {
      const [other] = others;
      const apart = (p: { x: number; y: number }) => Math.hypot(p.x - other.x, p.y - other.y) || 1;
      return this.zoom(apart({ x, y }) / apart(before), (x + other.x) / 2, (y + other.y) / 2);
    }
    if (this.dragged > 3) this.move((before.x - x) / this.scaleX(), (before.y - y) / this.scaleY());
  }

  private release(event: PointerEvent): void {
    const [x, y] = this.at(event);
    if (!this.pointers.delete(event.pointerId)) return;
    const lassoed = this.lassoed;
    this.lassoed = undefined;
    if (lassoed && lassoed.length > 2) {
      this.events.lasso?.(lassoed);
      this.draw();
    } else if (this.dragged <= 3) this.events.click?.(x, y, event);
  }

  private pressKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.events.key?.(event)) return event.preventDefault();
    const pan = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "+" || event.key === "=") this.zoom(STEP);
    else if (event.key === "-") this.zoom(1 / STEP);
    else if (event.key === "0") {
      this.look(WHOLE);
      this.events.moved?.(WHOLE);
    } else if (pan) this.move((pan[0] * PAN) / this.scaleX(), (pan[1] * PAN) / this.scaleY());
    else return;
    event.preventDefault();
  }

  private paintLasso(context: CanvasRenderingContext2D): void {
    context.beginPath();
    for (const [x, y] of this.lassoed ?? []) context.lineTo(x, y);
    context.closePath();
    context.strokeStyle = "#d55e00";
    context.setLineDash([4, 3]);
    context.stroke();
    context.setLineDash([]);
  }
}

export function cameraText(camera: Camera): string {
  const same = camera.zx === 1 && camera.zy === 1 && camera.x === 0.5 && camera.y === 0.5;
  return same
    ? ""
    : [camera.zx, camera.zy, camera.x, camera.y].map((v) => Number(v.toPrecision(5))).join("_");
}

export function cameraOf(text: string): Camera {
  const [zx, zy, x, y] = text.split("_").map(Number);
  return [zx, zy, x, y].every((value) => Number.isFinite(value)) && zx > 0 && zy > 0
    ? { zx, zy, x, y }
    : WHOLE;
}

/** Whether a place is inside a polygon (even-odd rule). */
export function inside(points: readonly (readonly [number, number])[], x: number, y: number): boolean {
  let within = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const [ax, ay] = points[i];
    const [bx, by] = points[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}
