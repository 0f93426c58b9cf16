import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from phylolm.bank.bank import Bank
from phylolm.files import write_text
from phylolm.genome.genome import Genome
from phylolm.sequencing.fill import SequencingOptions, sequence
from phylolm.tree.files import read_tree

PHYLOLM = [sys.executable, "-c", "from phylolm.cli import main; main()"]


@pytest.fixture(scope="module")
def bank(zoo, tmp_path_factory):
    """A bank of the tiny zoo: 32 genes, 8 probes."""
    path = tmp_path_factory.mktemp("cli") / "bank"
    specs = [f"{name}=hf:{zoo.path(name)}" for name in zoo.models]
    assert sequence(Bank(path), specs, Genome.load("math", 32), SequencingOptions(probes=8)) == {}
    return path


def test_help_needs_no_heavy_import():
    heavy = "torch", "numpy", "pandas", "matplotlib", "scipy", "pyarrow", "transformers"
    code = f"import sys, phylolm.cli; sys.exit(any(m in sys.modules for m in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_from_models_to_tree_pictures_and_report(run, bank, tmp_path):
    outputs = [tmp_path / f"t{suffix}" for suffix in (".nwk", ".nex", ".xml", ".svg", ".png")]
    options = [option for path in outputs for option in ("-o", path)]
    code, _, err = run("tree", "--bank", bank, "--bootstrap", 50, *options)
    assert code == 0, err
    leaves = set(read_tree(outputs[0]).leaf_names)
    assert leaves == {"alder", "alder-tale", "alder-copy", "alder-int8", "birch"}
    assert all(set(read_tree(path).leaf_names) == leaves for path in outputs[:3])
    assert outputs[3].read_text().startswith("<?xml") and outputs[4].stat().st_size > 5000
    for command, name in (
        ("map", "m.svg"),
        ("heatmap", "h.pdf"),
        ("map", "m.csv"),
        ("heatmap", "h.csv"),
    ):
        assert run(command, "--bank", bank, "-o", tmp_path / name)[0] == 0
        assert (tmp_path / name).stat().st_size > 100
    code, _, err = run("report", "--bank", bank, "-o", tmp_path / "r.html", "--bootstrap", 50)
    assert code == 0 and "alder-tale" in (tmp_path / "r.html").read_text()


def test_distances_as_matrix_and_as_pairs(run, bank, tmp_path):
    code, out, _ = run("distance", "--bank", bank)
    assert code == 0 and len(out.splitlines()) == 6
    code, out, _ = run("distance", "--bank", bank, "--pairs")
    rows = list(csv.DictReader(out.splitlines()))
    assert len(rows) == 10 and {"std_error", "genes"} <= rows[0].keys()
    pairs = json.loads(run("distance", "--bank", bank, "--json")[1])
    assert len(pairs) == 10 and pairs[0].keys() == rows[0].keys()
    assert run("distance", "--bank", bank, "--json", "--pairs")[0] == 2
    assert run("distance", "--bank", bank, "-o", tmp_path / "d.csv")[0] == 0
    code, out, _ = run("tree", "--distances", tmp_path / "d.csv")
    assert code == 0 and out.startswith("(") and out.rstrip().endswith(";")


def test_identify_finds_the_family(run, bank):
    code, out, _ = run("identify", "alder-copy", "--bank", bank, "--json")
    found = json.loads(out)
    assert code == 0 and found.keys() == {"model", "genome", "genes", "kin", "verdict"}
    assert found["kin"][-1]["model"] == "birch" and found["genes"] == 32
    assert [k["distance"] for k in found["kin"]] == sorted(k["distance"] for k in found["kin"])


def test_identify_sequences_a_new_model_first(run, bank, zoo):
    spec = f"newcomer=hf:{zoo.path('birch')}"
    code, out, err = run("identify", spec, "--bank", bank, "--json")
    assert code == 0, err
    assert json.loads(out)["kin"][0]["model"] == "birch"


def test_compare_tells_same_from_different(run, bank):
    code, out, _ = run("compare", "alder", "birch", "--bank", bank, "--json")
    assert code == 0 and json.loads(out)["p_value"] < 0.01
    code, out, _ = run("compare", "alder", "alder-copy", "--bank", bank)
    assert "can't be told apart" in out


def test_bank_is_listed_shown_and_verified(run, bank):
    assert "alder-tale" in run("bank", "ls", "--bank", bank)[1]
    assert json.loads(run("bank", "ls", "--bank", bank, "--json")[1])[0]["genes"] == 32
    assert "·" in run("bank", "show", "birch", "--bank", bank)[1]
    shown = json.loads(run("bank", "show", "birch", "-b", bank, "--json", "--limit", 3)[1])
    assert len(shown) == 3 and shown[0].keys() == {"gene", "text", "alleles"}
    assert 0 < shown[0]["alleles"][0]["frequency"] <= 1
    assert run("bank", "verify", "-b", bank)[0] == 0
    assert json.loads(run("bank", "verify", "--bank", bank, "--json")[1]) == {"damaged": []}
    code, _, err = run("bank", "ls")
    assert code == 2 and "--bank" in err


def test_a_bank_is_never_named_by_its_place(run, bank):
    code, _, err = run("bank", "ls", bank)
    assert code == 2 and "Traceback" not in err


def test_a_tree_against_another(run, bank, tmp_path, zoo):
    (tmp_path / "truth.nwk").write_text(zoo.newick)
    arguments = ["--bank", bank, "--bootstrap", 0, "--against", tmp_path / "truth.nwk"]
    run("tree", "--bank", bank, "--bootstrap", 0, "-o", tmp_path / "t.nwk")
    code, out, err = run("tree", "--tree", tmp_path / "t.nwk", "--against", tmp_path / "t.nwk")
    assert code == 0 and "Robinson-Foulds 0" in out
    twice = ["--against", tmp_path / "t.nwk"] * 2
    code, out, _ = run("tree", "--tree", tmp_path / "t.nwk", *twice, "--json")
    found = json.loads(out)
    assert code == 0 and [each["robinson_foulds"] for each in found["against"]] == [0, 0]
    assert found["newick"].endswith(";") and found["against"][0]["quartets"]["distance"] == 0
    code, _, err = run("tree", *arguments)
    assert code == 0 or "newcomer" in err


def test_genomes(run, tmp_path):
    assert "multilingual" in run("genome", "ls")[1]
    assert json.loads(run("genome", "ls", "--json")[1])[0]["default_genes"] == 128
    assert len(run("genome", "show", "code", "--genes", 5, "--json")[1].splitlines()) == 5
    text = "\n\n".join(f"Chapter {i} tells of a long voyage to island {i}." for i in range(40))
    (tmp_path / "book.txt").write_text(text)
    code, _, err = run(
        "genome", "build", tmp_path / "book.txt", "--genes", 30, "-o", tmp_path / "g.jsonl"
    )
    assert code == 0, err
    code, _, err = run(
        "genome", "build", tmp_path / "book.txt", "--genes", 5, "--seed", 1,
        "--grow", tmp_path / "g.jsonl", "-o", tmp_path / "h.jsonl",
    )  # fmt: skip
    old, new = ((tmp_path / name).read_text() for name in ("g.jsonl", "h.jsonl"))
    assert code == 0 and new.startswith(old) and len(new.splitlines()) == 35


def test_recorded_completions(run, tmp_path):
    rows = [("mute", p, "") for p in range(8)] + [("one", p, f"word{p}") for p in range(8)]
    rows += [("two", p, f"word{p % 5}") for p in range(8)] + [("", 3, "lost")]
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("model", "prompt", "response"), *rows])
    with (tmp_path / "p.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("prompt", "text"), *((p, f"prompt {p}") for p in range(8))])
    code, _, err = run(
        "import", tmp_path / "a.csv", "--prompts", tmp_path / "p.csv", "--bank", tmp_path / "b"
    )
    assert code == 0 and "1 row" in err and "26" in err
    code, out, err = run("distance", "--bank", tmp_path / "b")
    assert code == 0 and "mute" in err and "mute" not in out and "plug-in" in err
    before = sorted(path.name for path in tmp_path.rglob("*.parquet"))
    run("import", tmp_path / "a.csv", "--prompts", tmp_path / "p.csv", "--bank", tmp_path / "b")
    assert sorted(path.name for path in tmp_path.rglob("*.parquet")) == before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["tree"], 2, "--bank"),
        (["tree", "--bank", "nowhere"], 2, "no bank at"),
        (["tree", "--bank", "nowhere", "-o", "t.docx"], 2, ".nwk"),
        (["sequence", "gopher:x", "--bank", "b"], 2, "gopher"),
        (["sequence", "hf:./no-such-folder", "--bank", "b"], 4, "no-such-folder"),
        (["sequence", "hf:a", "--bank", "b", "--genome", "latin"], 2, "neither a bundled"),
        (["sequence", "hf:a", "--bank", "b", "--temperature", "0"], 2, "temperature"),
        (["genome", "build", "-o", "g.jsonl"], 2, "--model"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)  # fmt: skip
def test_mistakes_get_one_plain_line(run, arguments, code, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    got, _, err = run(*arguments)
    assert got == code and message in err and "Traceback" not in err


def test_a_folder_that_is_no_model_does_not_stop_the_others(run, zoo, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, err = run(
        "sequence", f"hf:{tmp_path / 'empty'}", f"good=hf:{zoo.path('birch')}",
        "--bank", tmp_path / "b", "--genes", 2, "--probes", 2,
    )  # fmt: skip
    assert code == 3 and "empty" in err and "1 of 2 models" in err


def hears_ctrl_c():
    """A shell's background jobs ignore Ctrl-C and so do their children; not this one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(run, zoo, tmp_path):
    command = [
        "sequence", f"alder=hf:{zoo.path('alder')}", f"birch=hf:{zoo.path('birch')}",
        "--bank", str(tmp_path / "b"), "--genes", "96", "--probes", "2",
    ]  # fmt: skip
    process = subprocess.Popen(
        [*PHYLOLM, *command], stderr=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c
    )
    deadline = time.time() + 60
    while not (first := list((tmp_path / "b").glob("parts/*/[!.]*.parquet"))):
        assert time.time() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "to resume" in err and "Traceback" not in err
    written = first[0].stat().st_mtime_ns
    assert run(*command)[0] == 0
    assert first[0].stat().st_mtime_ns == written
    _, listed, _ = run("bank", "ls", "--bank", tmp_path / "b", "--json")
    assert [header["probes"] for header in json.loads(listed)] == [96 * 2] * 2


def test_names_never_become_markup_or_control_characters(run, tmp_path):
    rows = [(name, p, f"w{p}") for name in ("[red]x[/red]", "y\x1b[31m") for p in range(4)]
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("model", "prompt", "response"), *rows])
    assert run("import", tmp_path / "a.csv", "--bank", tmp_path / "b")[0] == 0
    out = run("bank", "ls", "--bank", tmp_path / "b")[1]
    assert "[red]x[/red]" in out and "\x1b[31m" not in out


@pytest.mark.reference
def test_the_published_tree_from_the_published_similarities(run, reference):
    study = reference / "phylolm"
    code, out, _ = run(
        "tree", "--distances", study / "similarity_math_completion.csv", "--similarity",
        "--against", study / "nj_tree_math_completion.nwk",
    )  # fmt: skip
    assert code == 0 and "Robinson-Foulds 0 " in out


def test_no_color_and_pipes(bank):
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(
        [*PHYLOLM, "bank", "ls", "--bank", str(bank)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0 and "\x1b" not in done.stdout + done.stderr


def test_a_finished_study_loads_no_model(zoo, tmp_path, monkeypatch):
    import torch

    from phylolm.models.local import hf

    specs, genome = [f"hf:{zoo.path('birch')}"], Genome.load("math", 2)
    bank = Bank(tmp_path / "b")
    assert sequence(bank, specs, genome, SequencingOptions(probes=2)) == {}

    def refuse(*_):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(hf, "_load_weights", refuse)
    assert sequence(bank, specs, genome, SequencingOptions(probes=2)) == {}
    failed = sequence(bank, specs, genome, SequencingOptions(probes=3))
    assert list(failed) == ["birch"]


def test_a_namesake_is_not_taken_for_the_banks_model(run, bank, zoo, tmp_path):
    shutil.copytree(zoo.path("birch"), tmp_path / "alder")
    code, _, err = run("identify", f"hf:{tmp_path / 'alder'}", "--bank", bank)
    assert code == 2 and "another model in this bank" in err


def test_a_silent_model_is_named_as_such(run, tmp_path):
    rows = [(m, p, "" if m == "mute" else f"{m}{p}") for m in ("mute", "x", "y") for p in range(4)]
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("model", "prompt", "response"), *rows])
    run("import", tmp_path / "a.csv", "--bank", tmp_path / "b")
    code, _, err = run("identify", "mute", "--bank", tmp_path / "b")
    assert code == 1 and "mute answers fewer" in err
    code, _, err = run("identify", "hf:./z", "--bank", tmp_path / "b")
    assert code in (2, 4) and "Traceback" not in err


def test_writing_to_a_device_does_not_replace_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    reader = subprocess.Popen(["cat", str(tmp_path / "pipe.csv")], stdout=subprocess.PIPE)
    write_text(tmp_path / "pipe.csv", "hello")
    assert reader.communicate(timeout=20)[0] == b"hello" and (tmp_path / "pipe.csv").is_fifo()


def test_titles_are_no_markup(run):
    code, out, _ = run("atlas", "name", "[bold]x[/bold]/y-7b")
    assert code == 0 and "[bold]x[/bold]/y-7b" in out
    code, out, _ = run("atlas", "name", "[/x]")
    assert code == 0 and "[/x]" in out


def test_an_address_with_a_bad_port_is_one_line(run):
    code, _, err = run("doctor", "http://127.0.0.1:notaport/v1#x")
    assert code == 2 and err.startswith("error: ") and "Traceback" not in err
