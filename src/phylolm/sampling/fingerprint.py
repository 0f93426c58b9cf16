"""Which files exactly: a short hash of a file or a model folder.

Here: `fingerprint`, the revision of whatever has no commit hash.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

_MEBIBYTE = 1 << 20


def fingerprint(path: Path) -> str:
    """16 hex digits of SHA-256 over the files' names, sizes and content.

    Of files over 1 MiB the first and the last MiB stand for the content. Hidden files don't
    count; a single file counts without its name.
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
    size = path.stat().st_size
    digest.update(f"{name}\0{size}\0".encode())
    with path.open("rb") as file:
        digest.update(file.read(_MEBIBYTE))
        if size > _MEBIBYTE:
            file.seek(max(_MEBIBYTE, size - _MEBIBYTE))
            digest.update(file.read(_MEBIBYTE))
