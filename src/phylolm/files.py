"""Files that are whole or not there: everything phylolm writes goes through here."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from phylolm.errors import DataError


@contextmanager
def whole_file(path: Path, rename: Callable[[Path], Path] | None = None) -> Iterator[Path]:
    """A temporary file beside `path` that becomes `path` when the block ends well.

    rename: makes the final name from the written file, for files named by their content.
    Raises DataError when the disk is full or the folder can't be written; nothing half-written
    is left behind.
    """
    temporary: Path | None = None
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            yield path  # a device or pipe takes what is written; it must not be replaced
            return
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        _settle(temporary, rename(temporary) if rename else path)
    except OSError as error:
        raise DataError(f"can't write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def read_text(path: Path) -> str:
    """UTF-8 text, without a byte order mark. Raises DataError for anything else."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise DataError(f"can't read {path}: {error.strerror or error}") from None


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as a whole file."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes as a whole file."""
    with whole_file(path) as temporary:
        temporary.write_bytes(data)


def _settle(temporary: Path, path: Path) -> None:
    # mkstemp makes private files; give them the permissions a plain open() would have.
    mask = os.umask(0)
    os.umask(mask)
    temporary.chmod(0o666 & ~mask)
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(temporary, path)
