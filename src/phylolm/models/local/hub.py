"""Where a model's files are, and exactly which ones: a commit of the hub, or a fingerprint.

Here: `find_source`. Next door: `fingerprint` hashes local folders, `hf` loads what is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, try_to_load_from_cache
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from phylolm.errors import BackendError
from phylolm.models.local.fingerprint import fingerprint
from phylolm.models.protocol import ModelSpec
from phylolm.models.spec import is_local

_PATIENCE = 15.0
"""Seconds to wait for the hub before looking in the local cache."""


@dataclass(frozen=True)
class WeightsSource:
    """Where to load a model from: a folder or hub id, what was found, loader arguments."""

    location: str
    revision: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def find_source(spec: ModelSpec) -> WeightsSource:
    """Find a spec's files. Raises BackendError if they are not there or may not be read."""
    trusted = {"trust_remote_code": spec.options.get("trust_remote_code") == "true"}
    if is_local(spec.target):
        folder = Path(spec.target).expanduser()
        _check_folder(spec, folder)
        return WeightsSource(str(folder), fingerprint(folder), trusted | {"local_files_only": True})
    commit = _hub_commit(spec)
    if commit is not None:
        return WeightsSource(spec.target, commit, trusted | {"revision": commit})
    commit = _cached_commit(spec)
    return WeightsSource(
        spec.target, commit, trusted | {"revision": commit, "local_files_only": True}
    )


def _check_folder(spec: ModelSpec, folder: Path) -> None:
    if not folder.is_dir():
        raise BackendError(f"{spec.text}: there is no folder {folder}")
    if not (folder / "config.json").is_file():
        raise BackendError(f"{spec.text}: {folder} is not a model (it has no config.json)")


def _hub_commit(spec: ModelSpec) -> str | None:
    """The commit a revision stands for now; None if the hub can't be reached."""
    where = f"{spec.text}: "
    try:
        info = HfApi().model_info(spec.target, revision=spec.revision, timeout=_PATIENCE)
        return str(info.sha)
    except GatedRepoError:
        raise BackendError(
            f"{where}{spec.target} is gated; accept its terms on huggingface.co, then set HF_TOKEN"
        ) from None
    except RevisionNotFoundError:
        raise BackendError(f"{where}{spec.target} has no revision {spec.revision!r}") from None
    except (RepositoryNotFoundError, HFValidationError):
        raise BackendError(
            f"{where}no model {spec.target!r} on the hub "
            "(if it is private set HF_TOKEN; a local folder starts with ./)"
        ) from None
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        if status in (401, 403):
            raise BackendError(f"{where}the hub refuses access ({status}); set HF_TOKEN") from None
        return None
    except Exception:  # offline in one of many ways; the cache may still have it
        return None


def _cached_commit(spec: ModelSpec) -> str:
    """The commit of a copy in the local cache."""
    found = try_to_load_from_cache(spec.target, "config.json", revision=spec.revision)
    if not isinstance(found, str):
        raise BackendError(
            f"{spec.text}: the hub can't be reached and {spec.target} is not in the local cache; "
            "check the network, or name a local folder (./...)"
        )
    return Path(found).parent.name
