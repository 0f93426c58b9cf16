// Starts the page: the data in this file or the server's, then the shell.

import "./page.css";
import { load } from "./bundle";
import { fill, h } from "./dom";
import { Shell } from "./shell";

async function start(): Promise<void> {
  const host = document.getElementById("app")!;
  fill(host, h("p", { class: "loading", role: "status" }, "Loading…"));
  try {
    const bundle = await load(document.getElementById("bundle"));
    new Shell(host, bundle).start();
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    fill(host, h("p", { class: "loading", role: "alert" }, `This page can't be shown: ${why}.`));
  }
}

void start();
