"""Model specs: what is read from them, and what is said about bad ones."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from phylolm.bank.parts import canonical_hash
from phylolm.errors import BackendError, ConfigError
from phylolm.models import spec
from phylolm.models.protocol import SamplingSettings
from phylolm.models.spec import open_model, parse


def test_hub_id_revision_and_options() -> None:
    text = "hf:EleutherAI/pythia-70m@step1000?dtype=bfloat16&device=cuda:1"
    parsed = parse(text)
    assert (parsed.backend, parsed.target) == ("hf", "EleutherAI/pythia-70m")
    assert parsed.revision == "step1000"
    assert parsed.options == {"dtype": "bfloat16", "device": "cuda:1"}
    assert parsed.name == "EleutherAI/pythia-70m@step1000"
    assert parsed.text == text


@pytest.mark.parametrize(
    ("text", "name", "target"),
    [
        ("hf:gpt2", "gpt2", "gpt2"),
        ("hf:./zoo/alder/", "alder", "./zoo/alder/"),
        ("alder=hf:zoo/a", "alder", "zoo/a"),
        ("replay:answers.parquet#org/model:v1@2?x=y", "org/model:v1@2?x=y", None),
        ("mine=replay:a.csv#b=c", "mine", "a.csv#b=c"),
        ("replay:answers.csv", "answers", "answers.csv"),
    ],
)
def test_names_and_targets(text: str, name: str, target: str | None) -> None:
    parsed = parse(text)
    assert parsed.name == name
    assert parsed.target == (target or text.partition(":")[2])


def test_equals_signs_after_the_colon_are_no_name() -> None:
    assert parse("hf:gpt2?dtype=float16").name == "gpt2"


def test_a_folder_may_have_an_at_sign(tmp_path: Path) -> None:
    folder = tmp_path / "alder@2"
    folder.mkdir()
    parsed = parse(f"hf:{folder}")
    assert (parsed.name, parsed.revision) == ("alder@2", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gpt2", "names no backend; write hf:gpt2 .*known: hf, replay"),
        ("gguf:gpt2", "unknown backend 'gguf' .known: hf, replay"),
        ("hf:", "names no model"),
        ("=hf:gpt2", "empty name"),
        ("hf:gpt2?dtyp=float16", "unknown option 'dtyp' .known: dtype, device"),
        ("hf:gpt2?dtype=int3", "dtype='int3' is not one of auto, float32, bfloat16, float16"),
        ("hf:gpt2?device=tpu", "device='tpu' is not one of"),
    ],
)
def test_bad_specs_are_one_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


def test_missing_packages_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "phylolm.models.local.hf", raising=False)
    monkeypatch.delitem(sys.modules, "phylolm.models.local.model_runner", raising=False)
    monkeypatch.delitem(sys.modules, "phylolm.models.local.token_healing", raising=False)
    with pytest.raises(BackendError, match=r"pip install 'phylolm\[hf\]'"):
        open_model("hf:gpt2")


def test_missing_api_packages_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    for name in [name for name in sys.modules if name.startswith("phylolm.models.")]:
        if name.rpartition(".")[2] in ("model", "server", "openai_api", "failures", "retry"):
            monkeypatch.delitem(sys.modules, name)
    with pytest.raises(BackendError, match=r"pip install 'phylolm\[api\]'"):
        open_model("http://127.0.0.1:1/v1#m")


def test_reading_specs_imports_nothing_heavy() -> None:
    code = "import sys, phylolm.models.spec as s; print({'torch', 'openai'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_looks_like_spec() -> None:
    assert spec.looks_like_spec("hf:gpt2") and spec.looks_like_spec("a=replay:x.csv")
    assert not spec.looks_like_spec("llama3.2:1b") and not spec.looks_like_spec("gpt2")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"temperature": 0.0}, "not above 0"),
        ({"temperature": float("nan")}, "not above 0"),
        ({"max_tokens": 0}, "at least 1"),
        ({"boundary": "cut"}, "healed or plain"),
    ],
)
def test_settings_that_make_no_sense_are_refused(bad: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SamplingSettings(**bad)  # type: ignore[arg-type]


def test_banks_of_older_versions_keep_their_settings_ids() -> None:
    def settings_id(settings: SamplingSettings) -> str:
        return canonical_hash(asdict(settings))[:8]

    assert settings_id(SamplingSettings().settled()) == "85e36605"
    assert settings_id(SamplingSettings(boundary="plain").settled()) == "7892cfd8"
