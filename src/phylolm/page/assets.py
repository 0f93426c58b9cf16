"""The page's script and style sheet, as built from web/.

They are in every wheel and source distribution, and in a checkout after `make setup`.
"""

from __future__ import annotations

from pathlib import Path

import phylolm
from phylolm.errors import ConfigError
from phylolm.files import read_text

FOLDER = Path(phylolm.__file__).parent / "_web"


def asset(name: str) -> str:
    """The text of page.js, page.css or widget.js. Raises ConfigError where they aren't built."""
    path = FOLDER / name
    if not path.is_file():
        raise ConfigError(
            f"the page's {name} isn't there: run `make setup` in a checkout (it needs npm, or the "
            "network to get it), or install phylolm from a wheel"
        )
    return read_text(path)
