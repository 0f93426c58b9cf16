"""Run validations by name: `python -m validation [published recorded zoo hyperparameters …]`."""

from __future__ import annotations

import importlib
import sys
import time

STUDIES = (
    "published",
    "recorded",
    "zoo",
    "hyperparameters",
    "genomes",
    "predict",
    "atlas",
    "pages",
)


def main() -> None:
    for name in sys.argv[1:] or STUDIES:
        started = time.monotonic()
        importlib.import_module(f"validation.{name}").main()
        print(f"validation {name}: {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
