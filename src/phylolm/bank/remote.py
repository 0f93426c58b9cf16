"""Stores: a folder of files anywhere, as far as banks need one.

Here: `Store`, over fsspec (`file://`, `s3://`, `hf://datasets/…`, or a plain path). Next door:
`bank.share` says what goes in and out.

On this machine a file is whole or not there, as everywhere in phylolm; object stores and the hub
give that by themselves. The hub gets all files in one commit.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from phylolm.bank.bank import MARKER, VERSION
from phylolm.errors import BackendError, BankError, ConfigError, PhylolmError
from phylolm.files import write_bytes


class Store:
    """A place that holds a bank, or will.

    Raises ConfigError for a URL that can't be understood; every other method BackendError when
    the place can't be reached.
    """

    def __init__(self, url: str | Path) -> None:
        import fsspec

        self.url = str(url)
        try:
            filesystem, root = fsspec.core.url_to_fs(self.url)
        except (ValueError, ImportError) as error:
            raise ConfigError(f"can't open {self.url}: {_first_line(error)}") from None
        except Exception as error:
            raise BackendError(f"can't open {self.url}: {_first_line(error)}") from None
        self._filesystem: Any = filesystem
        self._root: str = root.rstrip("/")

    def names(self) -> list[str]:
        """Paths of all files, relative to the store's root."""
        return list(self.sizes())

    def sizes(self) -> dict[str, int | None]:
        """The same with their sizes in bytes, where the place tells them."""
        with self._reaching():
            self._filesystem.invalidate_cache()
            try:
                found = self._filesystem.find(self._root, detail=True)
            except FileNotFoundError:
                return {}
        return {p[len(self._root) :].lstrip("/"): each.get("size") for p, each in found.items()}

    def read(self, name: str) -> bytes:
        """A file's content."""
        with self._reaching():
            return bytes(self._filesystem.cat_file(self._path(name)))

    def check_is_bank(self) -> None:
        """Raises ConfigError when no bank is here, BankError for one of a newer version."""
        if not self._has(MARKER):
            raise ConfigError(f"no bank at {self.url}")
        try:
            version = tomllib.loads(self.read(MARKER).decode("utf-8")).get("version")
        except ValueError as error:
            raise BankError(f"{self.url}/{MARKER} can't be read: {error}") from None
        if not isinstance(version, int) or version > VERSION:
            raise BankError(f"{self.url} has format {version}: upgrade phylolm")

    def make_bank(self, model: Path) -> None:
        """Make this place a bank like the one at `model`, if it isn't one."""
        if self._has(MARKER):
            self.check_is_bank()
        else:
            self.put(model, [MARKER])

    def put(
        self, folder: Path, names: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Copy files of a folder here, under the same names."""
        if self._is_hub and names:
            self._commit(folder, names)
            return
        for number, name in enumerate(names, start=1):
            self._put_one(folder / name, name)
            if progress:
                progress(number, len(names))

    @cached_property
    def _protocols(self) -> tuple[str, ...]:
        named = self._filesystem.protocol
        return (named,) if isinstance(named, str) else tuple(named)

    @property
    def _is_hub(self) -> bool:
        return "hf" in self._protocols

    def _put_one(self, source: Path, name: str) -> None:
        data = source.read_bytes()
        if "file" in self._protocols:
            write_bytes(Path(self._path(name)), data)
            return
        with self._reaching():
            self._filesystem.pipe_file(self._path(name), data)

    def _commit(self, folder: Path, names: Sequence[str]) -> None:
        from huggingface_hub import HfApi

        with self._reaching():
            place = self._filesystem.resolve_path(self._root)
            HfApi(endpoint=self._filesystem.endpoint, token=self._filesystem.token).upload_folder(
                repo_id=place.repo_id,
                repo_type=place.repo_type,
                revision=place.revision,
                path_in_repo=place.path_in_repo or ".",
                folder_path=folder,
                allow_patterns=list(names),
                commit_message=f"Add {len(names)} files of a phylolm bank",
            )

    def _has(self, name: str) -> bool:
        with self._reaching():
            return bool(self._filesystem.exists(self._path(name)))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Whatever goes wrong out there becomes one line."""
        try:
            yield
        except PhylolmError:
            raise
        except Exception as error:
            raise BackendError(f"{self.url}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
