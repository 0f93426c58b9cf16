"""Opening transformers models: from folders and the hub, and everything that can go wrong."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from huggingface_hub import errors as hub_errors

from phylolm.errors import BackendError, ConfigError, PhylolmError
from phylolm.models.local import hub
from phylolm.models.local.fingerprint import fingerprint
from phylolm.models.local.hf import DeferredModel, HfModel
from phylolm.models.protocol import SamplingSettings
from phylolm.models.spec import open_model
from tests import tiny_models

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = tiny_models.piece_tokenizer()
    model = tiny_models.llama(len(tokenizer))
    return tiny_models.save(model, tokenizer, tmp_path_factory.mktemp("zoo") / "alder")


def test_a_folder_opens_and_answers(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = open_model(f"hf:{folder}")
    [probes] = model.sample(["the cat sat"], range(4), SamplingSettings(), seed=0)
    assert model.name == "alder" and len(model.revision) == 16 and len(probes) == 4
    assert capfd.readouterr().err == ""


def test_dtype_is_float32_on_a_cpu_unless_chosen(folder: Path) -> None:
    for options, dtype in (("", torch.float32), ("?dtype=bfloat16", torch.bfloat16)):
        model = open_model(f"hf:{folder}{options}")
        assert isinstance(model, DeferredModel) and model.loaded.engine.model.dtype == dtype
        assert len(model.sample(["the cat"], range(3), SamplingSettings(), 0)[0]) == 3


def test_generation_config_does_not_shape_the_samples(folder: Path, tmp_path: Path) -> None:
    settings = SamplingSettings(max_tokens=4)
    before = open_model(f"hf:{folder}").sample(["the cat"], range(20), settings, 0)
    tiny_models.save(tiny_models.llama(380), tiny_models.piece_tokenizer(), tmp_path)
    shaped = {"do_sample": True, "top_k": 1, "temperature": 0.1, "eos_token_id": [2, 7]}
    (tmp_path / "generation_config.json").write_text(json.dumps(shaped))
    model = open_model(f"hf:{tmp_path}")
    assert isinstance(model, DeferredModel) and model.loaded.vocabulary.ends[7]
    after = model.sample(["the cat"], range(20), settings, 0)
    assert len(set(after[0])) > 1 and len(set(before[0])) > 1


def test_fingerprint_changes_with_any_byte_and_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    (tmp_path / "b").write_bytes(b"y")
    first = fingerprint(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("z")
    assert fingerprint(tmp_path) == first
    (tmp_path / "a").write_bytes(b"x" * 2_999_999 + b"z")
    second = fingerprint(tmp_path)
    (tmp_path / "b").rename(tmp_path / "c")
    assert len({first, second, fingerprint(tmp_path)}) == 3


def test_fingerprint_counts_every_byte(tmp_path: Path) -> None:
    """As when only tensors in the middle of a file were fine-tuned."""
    content = bytearray(5 << 20)
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    seen = {fingerprint(path)}
    places = [0, 1 << 20, (1 << 20) + 1, 2_500_000, (4 << 20) - 1, len(content) - 1]
    for place in places:
        content[place] = 1
        path.write_bytes(content)
        content[place] = 0
        seen.add(fingerprint(path))
    assert len(seen) == 1 + len(places)


def test_a_chosen_dtype_is_part_of_the_revision(folder: Path) -> None:
    plain = open_model(f"hf:{folder}").revision
    for options in ("?dtype=auto", "?dtype=float32", "?device=cpu"):
        assert open_model(f"hf:{folder}{options}").revision == plain
    for dtype in ("bfloat16", "float16"):
        model = open_model(f"hf:{folder}?dtype={dtype}")
        assert model.revision == f"{plain}+{dtype}"
        assert isinstance(model, DeferredModel) and model.loaded.revision == model.revision


def failure(text: str) -> str:
    with pytest.raises(PhylolmError) as caught:
        open_model(text).sample(["the cat"], range(1), SamplingSettings(), 0)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_folders_that_are_no_model(tmp_path: Path, folder: Path) -> None:
    assert "no folder" in failure("hf:./not/there")
    assert "no config.json" in failure(f"hf:{tmp_path}")
    (tmp_path / "config.json").write_text("{}")
    assert "not a model transformers can load" in failure(f"hf:{tmp_path}")
    (tmp_path / "config.json").write_text("{")
    assert "not a model transformers can load" in failure(f"hf:{tmp_path}")
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert "model.safetensors" in failure(f"hf:{tmp_path}")


def test_models_with_code_of_their_own_need_trust(tmp_path: Path, folder: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert "trust_remote_code=true" in failure(f"hf:{tmp_path}")


def test_a_device_that_is_not_there(folder: Path) -> None:
    assert "device cuda:77 is not on this machine" in failure(f"hf:{folder}?device=cuda:77")


def test_out_of_memory_while_loading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB")

    monkeypatch.setattr("phylolm.models.local.hf._load_weights", starve)
    assert "does not fit in memory" in failure(f"hf:{folder}")


def hub_says(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    def model_info(*_: Any, **__: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(hub, "HfApi", lambda: SimpleNamespace(model_info=model_info))


def refusal(kind: type[hub_errors.HfHubHTTPError], status: int = 404) -> Exception:
    response: Any = SimpleNamespace(headers={}, request=None, status_code=status)
    return kind("refused", response=response)


def test_what_the_hub_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    for error, message in (
        (refusal(hub_errors.RepositoryNotFoundError), "no model 'a/b' on the hub"),
        (refusal(hub_errors.RevisionNotFoundError), "has no revision 'step9'"),
        (refusal(hub_errors.GatedRepoError, 403), "is gated; accept its terms"),
        (refusal(hub_errors.HfHubHTTPError, 401), "refuses access"),
        (OSError("no route"), "can't be reached and a/b is not in the local cache"),
    ):
        hub_says(monkeypatch, error)
        assert message in failure("hf:a/b@step9")


def test_the_revision_is_resolved_to_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    from phylolm.models.spec import parse

    hub_says(monkeypatch, SimpleNamespace(sha="c0ffee"))
    source = hub.find_source(parse("hf:a/b@main"))
    assert source.revision == "c0ffee" and source.arguments["revision"] == "c0ffee"
    assert source.arguments["trust_remote_code"] is False
    hub_says(monkeypatch, OSError("offline"))
    cached = "/cache/models--a--b/snapshots/d00d/config.json"
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *_, **__: cached)
    offline = hub.find_source(parse("hf:a/b@main"))
    assert offline.revision == "d00d" and offline.arguments["local_files_only"]


def test_other_prompt_modes_and_bad_epsilon_are_refused(folder: Path) -> None:
    model = open_model(f"hf:{folder}")
    with pytest.raises(ConfigError, match="no prompt mode 'chat'"):
        model.sample(["a"], range(1), SamplingSettings(prompt_mode="chat"), 0)
    with pytest.raises(ConfigError, match="epsilon"):
        model.exact(["a"], SamplingSettings(), epsilon=0.0)


def test_the_empty_gene_begins_with_what_begins_a_text() -> None:
    tokenizer = copy.deepcopy(tiny_models.byte_tokenizer())
    weights = tiny_models.llama(len(tokenizer))
    tokenizer.pad_token = "b"
    for token, expected in (("bos_token", "a"), ("eos_token", "<|endoftext|>"), ("pad_token", "b")):
        if token == "bos_token":
            tokenizer.bos_token = "a"
        model = HfModel("m", "0", weights, tokenizer)
        assert model.vocabulary.encode("") == [tokenizer.convert_tokens_to_ids(expected)]
        assert len(model.sample(["", "the cat"], range(2), SamplingSettings(), 0)[0]) == 2
        setattr(tokenizer, token, None)
    model = HfModel("m", "0", weights, tokenizer)
    with pytest.raises(BackendError, match="no BOS"):
        model.sample([""], range(1), SamplingSettings(), 0)


def test_half_a_character_is_refused(folder: Path) -> None:
    model = open_model(f"hf:{folder}")
    with pytest.raises(BackendError, match=r"the gene 'a\\ud800\\n' holds half a") as caught:
        model.sample(["the cat", "a\ud800\n"], range(1), SamplingSettings(), 0)
    str(caught.value).encode()
    assert "\n" not in str(caught.value)


def test_models_are_sampled_independently(folder: Path) -> None:
    """A copy must not repeat its original draw by draw: the estimators assume independence."""
    settings = SamplingSettings()
    one, two = (open_model(f"{name}=hf:{folder}") for name in ("one", "two"))
    genes = ["the cat sat", "a long day in"]
    first, second = (model.sample(genes, range(40), settings, 0) for model in (one, two))
    equal = [a == b for x, y in zip(first, second, strict=True) for a, b in zip(x, y, strict=True)]
    assert sum(equal) < 60
    assert first == open_model(f"one=hf:{folder}").sample(genes, range(40), settings, 0)
