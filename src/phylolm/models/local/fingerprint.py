"""Which files exactly: a short hash of a file or a model folder.

Here: `fingerprint`, the revision of whatever has no commit hash.
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def fingerprint(path: Path) -> str:
    """16 hex digits of SHA-256 over the files' names, sizes and content.

    All bytes count, at 1 to 2 GB a second: fine-tuning may change a few tensors in the middle of a
    file only. Hidden files don't count; a single file counts without its name.
    """
    digest = hashlib.sha256()
    if path.is_file():
        _add(digest, "", path)
    for file in sorted(f for f in path.rglob("*") if f.is_file()):
        name = file.relative_to(path)
        if not any(part.startswith(".") for part in name.parts):
            _add(digest, name.as_posix(), file)
    return digest.hexdigest()[:16]


def _add(digest: hashlib._Hash, name: str, path: Path) -> None:
    digest.update(f"{name}\0{path.stat().st_size}\0".encode())
    with path.open("rb") as file:
        hashlib.file_digest(file, lambda: digest)
