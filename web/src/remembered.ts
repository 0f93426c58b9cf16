// A view's camera in the address, written once it rests: each writing remakes the controls.

import { type Camera, cameraOf, cameraText } from "./surface";
import type { App } from "./view";

const REST = 250;

export class Remembered {
  private late: number | undefined;
  private known: string;

  constructor(
    private readonly app: App,
    private readonly setting: string,
  ) {
    this.known = app.store.setting(setting);
  }

  get camera(): Camera {
    return cameraOf(this.known);
  }

  moved(camera: Camera): void {
    clearTimeout(this.late);
    this.known = cameraText(camera);
    this.late = window.setTimeout(() => {
      this.late = undefined;
      this.app.store.choose(this.setting, this.known);
    }, REST);
  }

  /** Where the address says to look, if it has changed other than by `moved`. */
  changed(): Camera | undefined {
    const now = this.app.store.setting(this.setting);
    if (now === this.known) return undefined;
    this.known = now;
    return cameraOf(now);
  }

  /** Write what hasn't been written yet. */
  close(): void {
    if (this.late === undefined) return;
    clearTimeout(this.late);
    this.app.store.choose(this.setting, this.known);
  }
}
