"""A page as a static Space of the Hugging Face hub: a README with front matter and index.html."""

from __future__ import annotations

import json
import re
from pathlib import Path

from phylolm.errors import BackendError, ConfigError
from phylolm.files import write_text
from phylolm.page.bundle import unpack
from phylolm.page.html import page_html

_REPO = re.compile(r"[\w.-]+/[\w.-]+")

_README = """---
title: {title}
emoji: 🌳
colorFrom: green
colorTo: blue
sdk: static
app_file: index.html
pinned: false
---

{count:,} language models, by [phylolm](https://pypi.org/project/phylolm/): index.html is one page
that needs no server.
"""


def write_space(data: bytes, folder: Path) -> None:
    """Write README.md and index.html. Raises ConfigError for a folder that holds anything else."""
    strangers = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    strangers = [name for name in strangers if name not in ("README.md", "index.html", ".git",
                                                            ".gitattributes")]  # fmt: skip
    if strangers or (folder.exists() and not folder.is_dir()):
        raise ConfigError(f"{folder} is no Space (there is {strangers[:1] or folder.name}): "
                          "choose an empty folder")  # fmt: skip
    content, _ = unpack(data)
    # JSON is YAML: whatever a title holds stays one quoted string.
    title = json.dumps(" ".join(content["title"].split()) or "phylolm", ensure_ascii=True)
    readme = _README.format(title=title, count=content["models"]["count"])
    write_text(folder / "README.md", readme)
    write_text(folder / "index.html", page_html(data))


def push_space(folder: Path, repo: str) -> str:
    """Upload a Space's folder; gives its address. The token is the hub's own (`hf auth login`).

    Raises ConfigError for a name that is none, BackendError where the hub refuses.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    if not _REPO.fullmatch(repo):
        raise ConfigError(f"--push {repo!r}: write OWNER/NAME")
    api = HfApi()
    try:
        api.create_repo(repo, repo_type="space", space_sdk="static", exist_ok=True)
        api.upload_folder(
            repo_id=repo, repo_type="space", folder_path=folder,
            allow_patterns=["README.md", "index.html"], commit_message="phylolm export --to space",
        )  # fmt: skip
    except (HfHubHTTPError, OSError) as error:
        reason = str(error).strip().splitlines()
        said = reason[0] if reason else type(error).__name__
        raise BackendError(f"the hub did not take {repo}: {said} (`hf auth login`?)") from None
    return f"https://huggingface.co/spaces/{repo}"
