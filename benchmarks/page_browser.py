"""A browser without a GPU, opened pages in it, and how long they take to answer a hand.

Here: `browser`, `Opened` (a page and its timings) and `serve` (the peers' pages). Next door:
bench_page.py says what is opened, page_inputs.py makes what is shown.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

PEERS = Path(__file__).parent / "page"
SIZE = (1400, 900)
SLOWEST = 180_000
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader",
    # Frames as fast as they come: otherwise nothing would take less than two frames of 16.7 ms.
    "--disable-frame-rate-limit", "--disable-gpu-vsync",
]  # fmt: skip

# When the page said that it is ready, and when our page had drawn: ms since navigation began.
READY = """
window.reached = {};
new MutationObserver(() => {
  const done = { ready: document.querySelector("html[data-ready]"),
                 drawn: document.querySelector("canvas[data-drawn]") };
  for (const [name, there] of Object.entries(done))
    if (there) window.reached[name] ??= performance.now();
}).observe(document, {
  subtree: true, childList: true, attributeFilter: ["data-ready", "data-drawn"],
});
"""

# How long after a letter the suggestions show.
SUGGESTING = """() => {
  if (window.suggested) return void (window.suggested.length = 0);
  window.suggested = [];
  let typed = 0;
  window.addEventListener("input", () => (typed = performance.now()), { capture: true });
  const field = document.querySelector("input[type=search]");
  new MutationObserver(() => field.value && window.suggested.push(performance.now() - typed))
    .observe(document.getElementById("found"), { childList: true });
}"""

# Drawing commands wait in a queue; reading a pixel back waits until they are done.
WATCH = """() => {
  const canvases = [...document.querySelectorAll("canvas")];
  const drain = () => {
    for (const canvas of canvases) {
      const flat = canvas.getContext("2d");
      const gl = flat ? null : canvas.getContext("webgl2") ?? canvas.getContext("webgl");
      if (flat) flat.getImageData(0, 0, 1, 1);
      else if (gl) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    }
  };
  const frame = () => new Promise(requestAnimationFrame);
  const seen = (window.seen = { answers: [], scripts: [], redraws: [] });
  window.answered = async (count) => {
    for (const asked = performance.now(); seen.answers.length < count; ) {
      if (performance.now() - asked > SLOWEST) throw new Error("no answer");
      await new Promise((later) => setTimeout(later, 5));
    }
  };
  const answer = async () => {
    const started = performance.now();
    await frame();
    await frame();
    drain();
    seen.answers.push(performance.now() - started);
  };
  for (const kind of ["wheel", "pointermove"])
    window.addEventListener(kind, answer, { capture: true, passive: true });
  // Peers that say when they draw do so by these two events.
  let begun = 0;
  window.addEventListener("redraw-begins", () => (begun = performance.now()));
  window.addEventListener("redraw-ends", () => {
    drain();
    seen.redraws.push(performance.now() - begun);
  });
  for (const canvas of document.querySelectorAll("canvas.surface"))
    new MutationObserver(() => {
      const drawn = performance.now();
      drain();
      const raster = performance.now() - drawn;
      const script = performance.getEntriesByName("paint", "measure").at(-1).duration;
      seen.scripts.push(script);
      seen.redraws.push(script + raster);
    }).observe(canvas, { attributeFilter: ["data-drawn"] });
}""".replace("SLOWEST", str(SLOWEST))


class Times(list[float]):
    """Milliseconds."""

    @property
    def median(self) -> float:
        return float(np.median(self))

    def __str__(self) -> str:
        return f"{self.median:7.1f} ms ({np.percentile(self, 95):.1f})"


class Opened:
    """A page that is ready. `reached`: ms from navigation until it was, and until it had drawn."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        page.add_init_script(READY)
        page.goto(url, timeout=SLOWEST)
        page.wait_for_selector("html[data-ready]", timeout=SLOWEST)
        page.wait_for_selector("canvas", timeout=SLOWEST)
        page.wait_for_timeout(500)
        self.reached: Mapping[str, float] = page.evaluate("window.reached")
        page.evaluate(WATCH)
        box = page.locator("canvas").first.bounding_box()
        self._x, self._y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def moved(self, wheels: int = 32, drags: int = 24) -> dict[str, Times]:
        """Zoom in and out about the middle, then pan there and back.

        Gives `answers` (event until its pixels can be read, at most two frames later) and of our
        pages `scripts` and `redraws` (script alone; with the raster).
        Raises RuntimeError where the picture stayed as it was.
        """
        mouse = self.page.mouse
        mouse.move(self._x, self._y)
        self._answered(1)
        self.page.evaluate("for (const each of Object.values(seen)) each.length = 0")
        before = self.page.screenshot(timeout=SLOWEST)
        for k in range(wheels):
            mouse.wheel(0, -240 if k % 16 < 8 else 240)
            self._answered(k + 1)
            if k == 3 and self.page.screenshot(timeout=SLOWEST) == before:
                raise RuntimeError("the wheel changes nothing")
        if drags:
            mouse.down()
            for k in range(drags):
                step = 12 * (k % 12 if k % 24 < 12 else 12 - k % 12)
                mouse.move(self._x + step + 1, self._y + step)
                self._answered(wheels + k + 1)
            mouse.up()
        return {name: Times(each) for name, each in self.page.evaluate("seen").items()}

    def suggested(self, queries: Sequence[str]) -> Times:
        """Type each query into the search field; how long its suggestions took.

        Raises RuntimeError where not every query got an answer.
        """
        self.page.evaluate(SUGGESTING)
        field = self.page.locator("input[type=search]")
        for query in queries:
            field.fill("")
            field.fill(query)
        self.page.wait_for_timeout(200)
        times = self.page.evaluate("window.suggested")
        if len(times) != len(queries):
            raise RuntimeError("the search field suggests nothing")
        return Times(times)

    def _answered(self, count: int) -> None:
        self.page.evaluate(f"answered({count})")


@contextmanager
def browser(program: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=program, headless=True, args=ARGUMENTS)
        yield running
        running.close()


@contextmanager
def opened(running: Any, url: str) -> Iterator[Opened]:
    context = running.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    try:
        yield Opened(context.new_page(), url)
    finally:
        context.close()


@contextmanager
def serve(data: Mapping[str, bytes]) -> Iterator[str]:
    """The peers' pages at an address; `data` under /data/ there."""
    handler = partial(_Handler, data, directory=str(PEERS))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, data: Mapping[str, bytes], *arguments: Any, **options: Any) -> None:
        self._data = data
        super().__init__(*arguments, **options)

    def do_GET(self) -> None:  # noqa: N802
        found = self._data.get(self.path.removeprefix("/data/"))
        if found is None:
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Length", str(len(found)))
        self.end_headers()
        self.wfile.write(found)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass
