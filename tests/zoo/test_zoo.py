"""A tiny zoo is grown and looked at: its files, its truth, its manners when broken off."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from phylolm.errors import ConfigError, DataError
from phylolm.zoo import TIERS, Zoo, corpora, grow, recipes
from phylolm.zoo.recipes import Recipe
from phylolm.zoo.truth import describe

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="session")
def tiny(zoo: Zoo) -> Zoo:
    return zoo


def load(folder: Path) -> tuple[Any, Any]:
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def logits(folder: Path, text: str = "Once upon a time there was") -> Any:
    model, tokenizer = load(folder)
    with torch.inference_mode():
        return model(**tokenizer(text, return_tensors="pt")).logits[0, -1]


def leaves(newick: str) -> list[str]:
    return re.findall(r"[(,]([a-z0-9-]+):", newick)


def test_models_load_like_any_checkpoint(tiny: Zoo) -> None:
    kinds = set()
    for name in tiny.models:
        model, tokenizer = load(tiny.path(name))
        kinds.add((model.config.model_type, tokenizer.eos_token))
        assert model.config.eos_token_id == tokenizer.eos_token_id is not None
        assert model.config.vocab_size == len(tokenizer)
        assert {file.name for file in tiny.path(name).iterdir()} == {
            "config.json",
            "generation_config.json",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json",
        }
    assert kinds == {("llama", "<|endoftext|>"), ("gpt2", "</s>")}


def test_tokenizers_start_texts_as_their_kind_does(tiny: Zoo) -> None:
    wood, leaf = (load(tiny.path(name))[1] for name in ("alder", "birch"))
    assert wood.bos_token_id not in wood("Once")["input_ids"]
    assert leaf("Once")["input_ids"][0] == leaf.bos_token_id
    for tokenizer in (wood, leaf):
        said = "Où est le chat? 東京\n\tx = 1"
        assert tokenizer.decode(tokenizer(said)["input_ids"], skip_special_tokens=True) == said


def test_a_copy_says_the_same_and_int8_nearly(tiny: Zoo) -> None:
    original = logits(tiny.path("alder"))
    assert torch.equal(original, logits(tiny.path("alder-copy")))
    rounded = logits(tiny.path("alder-int8"))
    assert 0 < float((rounded - original).abs().max()) < 1


def test_relatives_are_nearer_than_strangers(tiny: Zoo) -> None:
    weights = {name: load(tiny.path(name))[0].state_dict() for name in ("alder", "alder-tale")}
    key = "model.layers.0.mlp.up_proj.weight"
    born, tuned = weights["alder"][key], weights["alder-tale"][key]
    assert 0 < float((born - tuned).norm()) < 0.2 * float(born.norm())


def test_bases_have_learned(tiny: Zoo) -> None:
    stored = json.loads((tiny.folder / "zoo.json").read_text())
    losses = {row["name"]: row["held_out_loss"] for row in stored["models"]}
    # 512 entries guessed evenly cost 6.2.
    assert losses["alder"] < 4.5 and losses["birch"] < 4.5
    assert losses["alder-copy"] is None


@pytest.mark.parametrize("tier", TIERS)
def test_truth_is_consistent(tier: str) -> None:
    rows = TIERS[tier].recipes
    known = describe(rows)
    names = [row.name for row in rows]
    on_tree = set(names) - set(known["merges"]) - set(known["students"])
    assert len(set(names)) == len(names)
    assert sorted(leaves(known["newick"])) == sorted(on_tree)
    assert sorted(name for members in known["families"].values() for name in members) == sorted(
        names
    )
    for row in rows:
        assert all(names.index(need) < names.index(row.name) for need in recipes.needs(row))
        assert {corpus for corpus, _ in row.mix} <= set(corpora.CORPORA)
        assert sum(edge["child"] == row.name for edge in known["edges"]) == len(recipes.needs(row))


def test_tiers_hold_what_they_promise() -> None:
    def relations(tier: str) -> set[str]:
        return {row.relation for row in TIERS[tier].recipes}

    assert 4 <= len(TIERS["tiny"].recipes) <= 6
    assert 13 <= len(TIERS["demo"].recipes) <= 16
    assert len(TIERS["full"].recipes) >= 32
    assert relations("demo") >= {"base", "finetune", "copy", "int8", "merge"}
    assert relations("full") >= relations("demo") | {"lora", "distilled"}


def test_newick_of_a_tiny_zoo(tiny: Zoo) -> None:
    expected = "((alder:0,alder-tale:0.01,alder-int8:0,alder-copy:0):0.48,birch:0.48);"
    assert tiny.newick == expected
    assert (tiny.folder / "truth.nwk").read_text() == expected + "\n"


def test_kin(tiny: Zoo) -> None:
    assert tiny.kin("birch") == frozenset()
    assert tiny.kin("alder-tale") == {"alder", "alder-copy", "alder-int8"}
    assert tiny.family_of("alder-tale") == "alder"


def test_a_grown_zoo_is_used_again(tiny: Zoo) -> None:
    files = sorted(tiny.folder.rglob("*.safetensors"))
    before = [file.stat().st_mtime_ns for file in files]
    seen: list[tuple[str, int, int]] = []
    again = grow(tiny.folder, "tiny", progress=lambda *event: seen.append(event))
    assert again == tiny == Zoo.load(tiny.folder)
    assert [file.stat().st_mtime_ns for file in files] == before
    assert [name for name, done, total in seen if done == total] == list(tiny.models)


def test_broken_off_and_taken_up_it_is_the_same_zoo(tiny: Zoo, tmp_path: Path) -> None:
    def break_off(name: str, done: int, total: int) -> None:
        if name == "alder-tale" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grow(tmp_path, "tiny", progress=break_off)
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["alder", "birch"]
    assert not (tmp_path / ".growing").exists() and not (tmp_path / "zoo.json").exists()
    first = tmp_path / "models" / "alder" / "model.safetensors"
    written = first.stat().st_mtime_ns
    zoo = grow(tmp_path, "tiny")
    assert first.stat().st_mtime_ns == written
    for name in tiny.models:
        same = [z.path(name).joinpath("model.safetensors").read_bytes() for z in (tiny, zoo)]
        assert same[0] == same[1], name


def test_every_relation_grows_and_strangers_go(
    tiny: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, other, tale, *_ = TIERS["tiny"].recipes
    rows = (
        replace(base, steps=2),
        replace(other, steps=2),
        replace(tale, steps=2),
        Recipe("alder-low", "lora", ("alder",), base.mix, 2, 1e-2, rank=2),
        Recipe("birch-int8", "int8", ("birch",)),
        Recipe("alder-blend", "merge", ("alder-tale", "alder-low")),
        replace(base, name="rowan", relation="distilled", steps=2, teacher="alder"),
        Recipe("birch-pupil", "distilled", ("birch",), (), 2, 1e-3, teacher="alder"),
    )
    monkeypatch.setitem(TIERS, "tiny", replace(TIERS["tiny"], recipes=rows))
    (tmp_path / ".text").symlink_to(tiny.folder / ".text")
    zoo = grow(tmp_path, "tiny")
    assert zoo.merges == ("alder-blend",) and zoo.students == ("rowan", "birch-pupil")
    names = ("alder", *(row.name for row in rows if row.name.startswith("alder-")))
    said = [logits(zoo.path(name)) for name in names]
    assert all(0 < float((one - said[0]).abs().max()) < 2 for one in said[1:])
    assert "rowan" not in zoo.newick and zoo.family_of("birch-pupil") == "birch"

    monkeypatch.setitem(TIERS, "tiny", replace(TIERS["tiny"], recipes=rows[:2]))
    assert grow(tmp_path, "tiny").models == ("alder", "birch")
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["alder", "birch"]


def test_another_seed_gives_another_fingerprint() -> None:
    first, second = (recipes.fingerprints(TIERS["tiny"], seed) for seed in (0, 1))
    assert not set(first.values()) & set(second.values())
    assert len(set(first.values())) == len(first)


def test_every_corpus_has_text_and_repeats_itself() -> None:
    for name in corpora.CORPORA:
        made = corpora.build(name, 0, 8_000)
        assert sum(map(len, made.train)) > 5_000, name
        assert made == corpora.build(name, 0, 8_000), name
        assert all(text.strip() for text in made.train), name
        if name not in ("code", "docs", "headers", "markup"):
            assert not any(re.search(r"[{}|]|/n", text) for text in made.train), name


def test_grows_without_c_headers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    paths = corpora.installed.sysconfig.get_paths() | {"include": str(tmp_path)}
    monkeypatch.setattr(corpora.installed.sysconfig, "get_paths", lambda: paths)
    made = corpora.build("headers", 0, 3_000)
    assert any("typedef struct" in text for text in made.train)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "zoo").write_text("a file")
    with pytest.raises(DataError, match="can't grow a zoo in .*zoo: ") as refusal:
        grow(tmp_path / "zoo", "tiny")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("call", [lambda path: grow(path, "huge"), Zoo.load])
def test_refusals_are_one_line(call: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        call(tmp_path)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) > 20
    assert not list(tmp_path.iterdir())


def test_importing_the_zoo_is_light() -> None:
    code = "import sys, phylolm.zoo; print(*{'torch', 'transformers', 'numpy'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torch" not in said.stdout and "transformers" not in said.stdout


SCRIPT = """
    import sys
    from phylolm.zoo import grow

    if __name__ == "__main__":
        try:
            grow(sys.argv[1], "tiny", workers=2, progress=lambda *event: print("on", flush=True))
        except KeyboardInterrupt:
            print("off", flush=True)
"""


def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPT))
    grown = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "zoo")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background jobs ignore Ctrl-C, and so would their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert grown.stdout is not None and grown.stdout.readline() == "on\n"
    os.killpg(grown.pid, signal.SIGINT)
    said, complaints = grown.communicate(timeout=10)
    assert said.endswith("off\n") and complaints == ""
    assert not (tmp_path / "zoo" / ".growing").exists()
    # Its session is empty as soon as the last worker has been reaped.
    for _ in range(50):
        try:
            os.killpg(grown.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("a worker outlived its parent")
