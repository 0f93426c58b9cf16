// The page in a notebook's cell (anywidget): a frame of its own, so that neither styles the other.

interface Model {
  get(name: "page"): string;
  get(name: "selected"): number[];
  set(name: "selected", models: number[]): void;
  save_changes(): void;
  on(event: string, act: () => void): void;
  off(event: string, act: () => void): void;
}

/** What the page in the frame says when models are selected there. */
interface Said {
  phylolm?: string;
  models: number[];
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const frame = document.createElement("iframe");
  frame.title = "phylolm";
  frame.setAttribute("sandbox", "allow-scripts allow-downloads allow-popups");
  frame.style.cssText = "width: 100%; height: 640px; border: 1px solid #8884; border-radius: 6px";
  frame.srcdoc = model.get("page");
  const hear = (event: MessageEvent<Said | null>) => {
    if (event.source !== frame.contentWindow || event.data?.phylolm !== "selected") return;
    model.set("selected", event.data.models);
    model.save_changes();
  };
  window.addEventListener("message", hear);
  const tell = () =>
    frame.contentWindow?.postMessage({ phylolm: "selected", models: model.get("selected") }, "*");
  model.on("change:selected", tell);
  el.append(frame);
  return () => {
    window.removeEventListener("message", hear);
    model.off("change:selected", tell);
  };
}

export default { render };
