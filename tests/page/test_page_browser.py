"""The page in a real browser: what a person sees, hears and can do."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import AXE, PHONE, Visit, chromium, missing, visit
from browser_pages import HARM, simulated, study_html

from phylolm.page import page_data
from phylolm.page.html import page_html
from phylolm.page.ofatlas import ShownAtlas
from phylolm.page.ofstudy import study_bundle
from phylolm.tree.compare import robinson_foulds
from phylolm.tree.tree import Tree
from tests.page.test_page_atlas import build_atlas

pytestmark = pytest.mark.browser
NAMES = [f"owner/model-{k:02d}" for k in range(30)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def study() -> Any:
    return simulated(NAMES)


@pytest.fixture(scope="module")
def address(study: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "study.html"
    path.write_text(page_html(study_bundle(study)))
    return path.as_uri()


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("harm") / "harm.html"
    path.write_text(study_html(HARM))
    return path.as_uri()


def pixels(page: Any) -> np.ndarray:
    """The view's picture as (height, width, 3)."""
    from PIL import Image

    shot = page.locator(".stage").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))


def test_one_file_offline_asks_for_nothing_and_every_view_draws(browser: Any, address: str) -> None:
    with visit(browser, address, offline=True) as seen:
        assert len(seen.views) >= 6
        for view in seen.views:
            seen.turn_to(view)
            picture = pixels(seen.page).reshape(-1, 3)
            background = np.median(picture, axis=0)
            ink = (np.abs(picture - background).sum(axis=1) > 60).mean()
            assert ink > 0.004, f"{view} is all but empty ({ink:.2%} of pixels drawn)"
            assert len(np.unique(picture, axis=0)) > 8, f"{view} has hardly a colour"
        assert seen.requests == [address]
        assert not seen.complaints


def tip_row(seen: Visit, place: int, tips: int) -> tuple[float, float]:
    """Where the name of a tip is on the page, in a rectangular tree seen whole."""
    x, y, width, height = seen.canvas_box()
    return x + width - 190, y + 16 + (height - 50) * (place + 0.5) / tips


def test_the_tip_under_the_pointer_is_the_one_that_is_there(
    browser: Any, address: str, study: Any
) -> None:
    order = [name for name in study.tree.leaf_names]
    with visit(browser, address) as seen:
        for place in (0, 7, len(order) - 1):
            seen.page.mouse.move(*tip_row(seen, place, len(order)))
            seen.settle()
            assert seen.page.locator(".card strong").inner_text() == order[place]
        x, y, _, height = seen.canvas_box()
        cards = set()
        for step in range(0, int(height), 4):
            seen.page.mouse.move(x + 40, y + step)
            cards.update(seen.page.locator(".card:visible").all_inner_texts())
        assert any("models" in card for card in cards), "a branch tells its clade"
        seen.page.mouse.click(*tip_row(seen, 7, len(order)))
        seen.settle()
        assert seen.page.locator(".panel h2.name").inner_text() == order[7]
        assert "model=" in seen.page.url


def test_a_model_page_shows_kin_scores_and_what_it_said(
    browser: Any, address: str, study: Any
) -> None:
    name = study.names[3]
    distances = study.distances.to_pandas()[name].drop(name)
    with visit(browser, f"{address}#model=3") as seen:
        body = seen.page.locator(".panel .body")
        assert body.locator("h2.name").inner_text() == name
        assert body.locator("ol.kin li button").first.inner_text() == distances.idxmin()
        if name in NAMES[:4]:
            assert "0.4 to 0.6" in body.inner_text()
        said = body.locator("table.said")
        assert said.locator("thead th").count() == 3
        assert said.locator("tbody tr").count() == 24
        assert re.search(r"\d+", said.locator(".allele sub").first.inner_text())


def test_search_forgives_a_typo_and_back_works(browser: Any, address: str) -> None:
    with visit(browser, address) as seen:
        box = seen.page.get_by_role("combobox", name="Find a model")
        box.fill("model-17")
        seen.settle()
        assert seen.page.locator("#found [role=option]").all_inner_texts() == ["owner/model-17"]
        box.fill("modle-17")
        seen.settle()
        assert "owner/model-17" in seen.page.locator("#found [role=option]").all_inner_texts()[:3]
        box.fill("model-17")
        seen.settle()
        box.press("ArrowDown")
        box.press("Enter")
        seen.settle()
        name = seen.page.locator(".panel h2.name")
        assert name.inner_text() == "owner/model-17"
        found = seen.page.url
        seen.page.go_back()
        seen.settle()
        assert seen.views, "back stays on the page"
        assert seen.page.locator(".panel h2.name").count() == 0
        seen.page.goto("about:blank")
        seen.page.goto(found)
        seen.ready()
        assert name.inner_text() == "owner/model-17", "an address can be shared"


def test_filters_hold_in_the_view_and_its_table(browser: Any, address: str) -> None:
    with visit(browser, address) as seen:
        seen.page.locator("details", has_text="family").first.locator("summary").click()
        seen.page.get_by_role("checkbox", name="beta").check()
        seen.settle()
        assert "10 of 30 models match" in seen.page.locator(".filters").inner_text()
        seen.page.get_by_role("button", name="Matching models only").click()
        seen.settle()
        seen.page.get_by_role("tab", name="Table").click()
        seen.settle()
        assert seen.page.get_by_role("grid").get_attribute("aria-rowcount") == "11"
        assert "f.family=beta" in seen.page.url


def test_one_selection_in_all_views(browser: Any, address: str) -> None:
    with visit(browser, address) as seen:
        x, y, width, height = seen.canvas_box()
        seen.page.keyboard.down("Shift")
        seen.page.mouse.move(x + 5, y + 5)
        seen.page.mouse.down()
        for to in (
            (x + width - 5, y + 5),
            (x + width - 5, y + height / 2),
            (x + 5, y + height / 2),
        ):
            seen.page.mouse.move(*to, steps=6)
        seen.page.mouse.up()
        seen.page.keyboard.up("Shift")
        seen.settle()
        assert "models selected" in seen.spoken()
        many = seen.page.get_by_role("tab", name="Selected").inner_text().removeprefix("Selected ")
        assert 10 <= int(many) <= 20
        seen.turn_to("Map")
        assert seen.page.get_by_role("tab", name="Selected").inner_text().endswith(many)
        assert "sel=" in seen.page.url


def test_the_tree_by_keyboard_alone(browser: Any, address: str) -> None:
    with visit(browser, address) as seen:
        for _ in range(40):
            seen.page.keyboard.press("Tab")
            if seen.page.evaluate("document.activeElement.tagName") == "CANVAS":
                break
        else:
            pytest.fail("the tree can't be reached by Tab")
        seen.page.keyboard.press("ArrowRight")
        seen.settle()
        first = seen.spoken()
        assert "models" in first and "branch" in first
        seen.page.keyboard.press("ArrowDown")
        seen.settle()
        assert seen.spoken() != first
        for _ in range(20):
            seen.page.keyboard.press("ArrowRight")
        seen.settle()
        assert seen.spoken().startswith("owner/model-")
        name = seen.spoken().split(".")[0]
        seen.page.keyboard.press("Enter")
        seen.settle()
        assert seen.page.locator(".panel h2.name").inner_text() == name
        seen.page.keyboard.press("+")
        seen.settle()
        assert "s.tree.camera" in seen.page.url
        seen.page.keyboard.press("0")
        seen.settle()
        assert "s.tree.camera" not in seen.page.url


def test_the_table_by_keyboard_alone(browser: Any, address: str) -> None:
    with visit(browser, address) as seen:
        seen.page.get_by_role("tab", name="Colours").focus()
        seen.page.keyboard.press("ArrowRight")
        seen.settle()
        assert seen.page.get_by_role("tab", name="Table").get_attribute("aria-selected") == "true"
        grid = seen.page.get_by_role("grid")
        grid.focus()
        seen.page.keyboard.press("ArrowDown")
        seen.page.keyboard.press(" ")
        seen.settle()
        row = grid.locator(".rows .row").nth(1)
        assert row.get_attribute("aria-selected") == "true"
        name = row.locator("div").first.inner_text()
        seen.page.keyboard.press("Enter")
        seen.settle()
        assert seen.page.locator("h2.name").inner_text() == name


def saved(seen: Visit, what: str) -> str:
    if not seen.page.locator("details.save").get_attribute("open"):
        seen.page.locator("details.save summary").click()
    with seen.page.expect_download() as coming:
        seen.page.get_by_title(what, exact=True).click()
    seen.page.locator("details.save").evaluate("it => it.open = false")
    return Path(coming.value.path()).read_bytes().decode("utf-8", "replace")


def test_views_are_saved_whole(browser: Any, address: str, study: Any) -> None:
    with visit(browser, address) as seen:
        drawing = ET.fromstring(saved(seen, "Save as SVG"))
        texts = {each.text for each in drawing.iter("{http://www.w3.org/2000/svg}text")}
        assert set(NAMES) <= texts, "a small tree's picture has every name"
        table = saved(seen, "Save as CSV").splitlines()
        assert table[0].startswith("model,family") and len(table) == 31
        assert saved(seen, "Save as PNG")[1:4] == "PNG"
        with seen.page.expect_download() as coming:
            seen.page.get_by_title("Save the tree as Newick").click()
        again = Tree.from_newick(Path(coming.value.path()).read_text())
        assert robinson_foulds(study.tree, again).rf == 0


@pytest.mark.parametrize("view", ["ngrams", "statistics"])
def test_a_low_window_saves_all_bars(browser: Any, tmp_path: Path, view: str) -> None:
    page = tmp_path / "atlas.html"
    page.write_text(page_html(page_data(ShownAtlas(build_atlas(tmp_path)))))
    with visit(browser, f"{page.as_uri()}#view={view}", (1400, 420)) as seen:
        drawing = ET.fromstring(saved(seen, "Save as SVG"))
        texts = list(drawing.iter("{http://www.w3.org/2000/svg}text"))
        lowest = max(float(each.get("y")) for each in texts)
        assert len(texts) > 20 and lowest < float(drawing.get("height"))


def below_root(tree: Tree) -> set[int]:
    """How many leaves are below each child of the root."""
    sizes = tree.leafsets().sum(axis=1)
    return {int(sizes[node]) for node in tree.children[tree.root]}


def test_clades_collapse_root_and_swap(browser: Any, address: str, study: Any) -> None:
    with visit(browser, address) as seen:
        canvas = seen.page.locator(".stage canvas")
        canvas.focus()
        seen.page.keyboard.press("ArrowRight")
        while "models" not in seen.spoken():  # a leaf beside the root: the clade is its sister
            seen.page.keyboard.press("ArrowDown")
            seen.settle()
        seen.page.keyboard.press("ArrowRight")  # off the root, so that the root can be put there
        while "models" not in seen.spoken():
            seen.page.keyboard.press("ArrowDown")
            seen.settle()
        clade = int(re.search(r"(\d+) models", seen.spoken()).group(1))
        assert clade not in below_root(study.tree) and 30 - clade not in below_root(study.tree)
        seen.page.keyboard.press("Enter")
        seen.settle()
        assert "30 tips" in canvas.get_attribute("aria-label")
        seen.page.get_by_title("Collapse or expand").click()
        seen.settle()
        tips = int(re.search(r"(\d+) tips", canvas.get_attribute("aria-label")).group(1))
        assert tips < 30
        seen.page.get_by_title("Collapse or expand").click()
        seen.page.get_by_title("Turn the clade").click()
        seen.page.get_by_title("Put the root").click()
        seen.settle()
        assert "30 tips" in canvas.get_attribute("aria-label")
        with seen.page.expect_download() as coming:
            seen.page.get_by_title("Save the tree as Newick").click()
        turned = Tree.from_newick(Path(coming.value.path()).read_text())
        assert robinson_foulds(study.tree, turned).rf == 0, "only the root has moved"
        assert below_root(turned) == {clade, 30 - clade}
        seen.page.get_by_title("The tree as it was").click()
        seen.settle()
        assert "s.tree.root" not in seen.page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_tree_search_and_model_page_work(
    browser: Any, address: str, scheme: str
) -> None:
    with visit(browser, address, PHONE, has_touch=True, color_scheme=scheme) as seen:
        wide = seen.page.evaluate("document.scrollingElement.scrollWidth")
        assert wide <= PHONE[0], "nothing sticks out of the screen"
        _, _, width, height = seen.canvas_box()
        assert 340 < width <= PHONE[0] and height > 200
        dark = np.median(pixels(seen.page), axis=(0, 1)).mean() < 128
        assert dark == (scheme == "dark")
        box = seen.page.get_by_role("combobox", name="Find a model")
        box.fill("model-05")
        seen.settle()
        seen.page.locator("#found [role=option]").first.tap()
        seen.settle()
        name = seen.page.locator(".panel h2.name")
        assert name.inner_text() == "owner/model-05" and name.is_visible()


def test_names_and_completions_that_mean_harm_are_text(browser: Any, harmful: str) -> None:
    with visit(browser, harmful, offline=True) as seen:
        for view in seen.views:
            seen.turn_to(view)
        for model in range(len(HARM)):
            seen.page.evaluate(f"location.hash = '#view=tree&model={model}'")
            seen.settle()
        seen.page.get_by_role("combobox", name="Find a model").fill("script")
        seen.settle()
        assert any(
            "<script>" in text
            for text in seen.page.locator("#found [role=option]").all_inner_texts()
        )
        seen.page.keyboard.press("Escape")
        seen.page.get_by_role("tab", name="Table").click()
        seen.settle()
        saved(seen, "Save as SVG")
        assert seen.harmed() is None
        assert seen.page.locator("img").count() == 0
        assert seen.page.locator("script").count() == 2
        assert seen.requests == [harmful] and not seen.complaints


def test_axe_finds_nothing(browser: Any, address: str) -> None:
    if not AXE.is_file():
        missing("axe-core isn't installed: run `npm ci` in web/")
    with visit(browser, address) as seen:
        seen.page.evaluate(AXE.read_text())
        for view in seen.views:
            seen.turn_to(view)
            for tab in ("Colours", "Table", "Selected", "Model"):
                seen.page.get_by_role("tab", name=tab).click()
                seen.settle()
                found = seen.page.evaluate("axe.run().then(result => result.violations)")
                told = [(f["id"], f["nodes"][0]["html"][:200]) for f in found]
                assert not told, f"{view}, {tab}: {told}"


def test_served_it_asks_nobody_else(browser: Any, study: Any, tmp_path: Path) -> None:
    study.distances.save(tmp_path / "distances.csv")
    command = [sys.executable, "-c", "from phylolm.cli import main; main()", "serve"]
    command += [str(tmp_path / "distances.csv"), "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            found = None
            while found is None:
                line = server.stderr.readline()
                assert line, "the server ended"
                found = re.search(r"http://127\.0\.0\.1:\d+\S*", line)
            with visit(browser, found.group()) as seen:
                assert all(url.startswith(found.group()) for url in seen.requests), seen.requests
                assert not seen.complaints
                assert "30 models" in seen.page.locator(".count").inner_text()
        finally:
            server.terminate()


def test_a_phone_can_save(browser: Any, address: str) -> None:
    with visit(browser, address, PHONE, has_touch=True) as seen:
        seen.page.locator("details.save summary").tap()
        button = seen.page.get_by_title("Save as PNG")
        button.tap(trial=True, timeout=3000)  # it is in sight, and nothing lies over it
        seen.page.keyboard.press("Escape")
        assert not button.is_visible()


def test_keys_and_buttons_that_do_nothing_do_no_harm(browser: Any, address: str) -> None:
    with visit(browser, address) as seen:
        x, y, width, height = seen.canvas_box()
        seen.page.mouse.click(x + width - 190, y + height / 3, button="right")
        seen.settle()
        assert "model=" not in seen.page.url
        seen.page.locator(".stage canvas").focus()
        seen.page.keyboard.press("Enter")  # nothing is pointed at yet
        seen.settle()
        assert not seen.complaints


def test_half_a_screen_still_shows_the_view(browser: Any, address: str) -> None:
    with visit(browser, address, (700, 450)) as seen:
        _, _, width, height = seen.canvas_box()
        assert width > 600 and height > 250


def test_space_selects_and_takes_back(browser: Any, address: str) -> None:
    with visit(browser, address) as seen:
        seen.page.locator(".stage canvas").focus()
        for _ in range(20):
            seen.page.keyboard.press("ArrowRight")
        for wanted in (True, False):
            seen.page.keyboard.press(" ")
            seen.settle()
            assert ("sel=" in seen.page.url) == wanted


def test_columns_are_sorted_by_keyboard_and_focus_stays(browser: Any, address: str) -> None:
    with visit(browser, f"{address}#s.panel=table") as seen:
        heading = seen.page.locator(".grid .head button", has_text="likes")
        heading.focus()
        seen.page.keyboard.press("Enter")
        seen.settle()
        assert seen.page.evaluate("document.activeElement.innerText").startswith("likes")
        first = seen.page.locator(".grid .rows .row").first
        assert first.locator("div").first.inner_text() == "owner/model-29"
