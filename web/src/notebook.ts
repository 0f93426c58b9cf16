// One selection with the notebook whose cell shows this page, when one does.

import type { App } from "./view";

interface Message {
  phylolm: "selected";
  models: number[];
}

/** Tell the notebook what is selected here, and select here what is selected there. */
export function joinNotebook(app: App): void {
  if (window.parent === window) return;
  window.addEventListener("message", (event) => {
    const models = event.source === window.parent ? modelsOf(event.data, app.bundle.count) : undefined;
    if (models && String(models) !== String(app.store.get().selected)) app.select(models);
  });
  app.store.on((state, before) => {
    if (state.selected === before.selected) return;
    window.parent.postMessage({ phylolm: "selected", models: state.selected }, "*");
  });
}

/** The models of a message; undefined where it isn't one of ours. */
export function modelsOf(data: unknown, count: number): number[] | undefined {
  const { phylolm, models } = (data ?? {}) as Partial<Message>;
  const fine = (each: unknown) => Number.isInteger(each) && (each as number) >= 0 && (each as number) < count;
  return phylolm === "selected" && Array.isArray(models) && models.every(fine) ? models : undefined;
}
