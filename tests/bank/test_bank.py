import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from bank_cases import GENOME, OPTIONS, content, fill, spec

from phylolm.bank import parts
from phylolm.bank.bank import Bank
from phylolm.errors import BankError, ConfigError, DataError
from phylolm.genome.genome import Gene, Genome
from phylolm.models.fake import FakeModel
from phylolm.models.protocol import SamplingSettings
from phylolm.sequencing import fill as filling
from phylolm.sequencing.fill import SequencingOptions, sequence
from phylolm.sequencing.imported import import_completions


def test_a_bank_holds_what_was_sampled(tmp_path):
    bank = Bank(tmp_path / "bank")
    fill(bank)
    counts = Bank(tmp_path / "bank", create=False).counts()
    assert counts.models == ("one",) and counts.n_genes == 150
    assert (counts.probes == 4).all()
    assert bank.damaged() == []
    holding = bank.holdings()[0]
    assert (holding.model, holding.genes, holding.probes) == ("one", 150, 600)


def test_running_again_adds_nothing(tmp_path):
    bank = Bank(tmp_path / "bank")
    fill(bank)
    before = {p.path: p.path.stat().st_mtime_ns for p in bank.parts()}
    fill(bank)
    assert {p.path: p.path.stat().st_mtime_ns for p in bank.parts()} == before


def test_more_probes_add_draws_and_repeat_none(tmp_path):
    bank = Bank(tmp_path / "bank")
    fill(bank)
    few = content(bank)
    fill(bank, options=SequencingOptions(probes=10))
    many = content(bank)
    assert len(many) == 1500 and not many.duplicated(["gene", "draw"]).any()
    assert many[many["draw"] < 4].reset_index(drop=True).equals(few)
    assert content(bank, probes=4).equals(few)


def test_a_grown_genome_keeps_the_old_probes(tmp_path):
    bank = Bank(tmp_path / "bank")
    fill(bank, genome=GENOME.first(100))
    old = {p.path for p in bank.parts()}
    fill(bank, genome=GENOME)
    assert old < {p.path for p in bank.parts()}
    assert bank.counts().n_genes == 150 and (bank.counts().probes == 4).all()


class Dying(FakeModel):
    """Fails in the third batch."""

    batches = 0

    def sample(self, prompts, draws, settings, seed, progress=None):
        self.batches += 1
        if self.batches == 3:
            raise KeyboardInterrupt
        return super().sample(prompts, draws, settings, seed, progress)


def test_an_interrupted_run_is_completed_as_if_it_had_not_been(tmp_path):
    broken, whole = Bank(tmp_path / "broken"), Bank(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fill(broken, model=Dying("one", seed=1))
    assert len(broken.parts()) == 2
    fill(broken)
    fill(whole)
    assert content(broken).equals(content(whole))
    assert [p.path.name for p in broken.parts()] == [p.path.name for p in whole.parts()]


SLOW_RUN = """
    import sys, time
    from phylolm.bank.bank import Bank
    from phylolm.models.fake import FakeModel
    from bank_cases import GENOME, OPTIONS, fill

    class Slow(FakeModel):
        def sample(self, *arguments, **named):
            time.sleep(float(sys.argv[2]))
            return super().sample(*arguments, **named)

    fill(Bank(sys.argv[1]), model=Slow("one", seed=1))
"""


def start_run(bank, pause):
    code = textwrap.dedent(SLOW_RUN)
    here = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": here}
    return subprocess.Popen([sys.executable, "-c", code, str(bank), str(pause)], env=environment)


@pytest.mark.parametrize("parts_before", [0, 1, 2])
def test_kill_9_leaves_a_bank_that_opens_and_completes(tmp_path, parts_before):
    run = start_run(tmp_path / "bank", 0.4)
    deadline = time.time() + 30
    while len(list((tmp_path / "bank").glob("parts/*/[!.]*.parquet"))) < parts_before:
        assert time.time() < deadline and run.poll() is None
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    bank, whole = Bank(tmp_path / "bank"), Bank(tmp_path / "whole")
    assert bank.damaged() == []
    fill(bank)
    fill(whole)
    assert content(bank).equals(content(whole))


def test_two_processes_write_to_one_bank(tmp_path):
    runs = [start_run(tmp_path / "bank", 0.05) for _ in range(2)]
    assert [run.wait(60) for run in runs] == [0, 0]
    whole = Bank(tmp_path / "whole")
    fill(whole)
    assert content(Bank(tmp_path / "bank")).equals(content(whole))


def test_the_same_draws_from_two_parts_count_once(tmp_path):
    bank = Bank(tmp_path / "bank")
    fill(bank)
    moved = Genome.of("moved", [*GENOME.genes[70:], *GENOME.genes[:70]])
    other = Bank(tmp_path / "other")
    fill(other, genome=moved)
    for part in other.parts():
        target = bank.folder_of("one") / part.path.name
        target.write_bytes(part.path.read_bytes())
    whole = Bank(tmp_path / "whole")
    fill(whole)
    assert content(bank, genes=GENOME.gene_ids).equals(content(whole))


def test_verify_finds_a_flipped_bit_and_names_the_part(tmp_path):
    bank = Bank(tmp_path / "bank")
    fill(bank)
    victim = bank.parts()[1].path
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(bytes(data))
    assert bank.damaged() == [f"parts/{victim.parent.name}/{victim.name}"]
    genome = next((tmp_path / "bank" / "genomes").iterdir())
    genome.write_text(genome.read_text().replace("number 3", "number 4"))
    assert len(bank.damaged()) == 2


def test_a_truncated_part_is_named(tmp_path):
    bank = Bank(tmp_path / "bank")
    fill(bank)
    victim = bank.parts()[0].path
    victim.write_bytes(victim.read_bytes()[:100])
    with pytest.raises(BankError, match=victim.name):
        bank.counts()


def test_a_newer_bank_and_a_strange_folder_are_refused(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "bank.toml").write_text("version = 99\n")
    with pytest.raises(BankError, match="format 99.*upgrade phylolm"):
        Bank(tmp_path / "new")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    with pytest.raises(ConfigError, match="is no bank"):
        Bank(tmp_path / "home")
    with pytest.raises(ConfigError, match="no bank at"):
        Bank(tmp_path / "nowhere", create=False)


def test_settings_do_not_mix_unasked(tmp_path):
    bank = Bank(tmp_path / "bank")
    fill(bank)
    warm = SequencingOptions(probes=4, settings=SamplingSettings(temperature=0.7))
    fill(bank, "two", options=warm)
    with pytest.raises(ConfigError, match="temperature 0.7"):
        bank.counts()
    assert bank.counts(mix_settings=True).models == ("one", "two")
    only = next(h.settings_id for h in bank.holdings() if h.model == "two")
    assert bank.counts(settings=only).models == ("two",)


def test_two_revisions_of_one_name_are_told_apart(tmp_path):
    bank = Bank(tmp_path / "bank")
    fill(bank)
    fill(bank, model=FakeModel("one", seed=2, revision="retrained"))
    assert sorted(bank.counts().models) == ["one@fake", "one@retraine"]


def test_exact_distributions_are_kept_beside_samples(tmp_path):
    bank = Bank(tmp_path / "bank")
    fill(bank)
    fill(bank, "two", options=SequencingOptions(exact=True))
    counts = bank.counts()
    assert counts.probes[counts.index("one"), 0] == 4
    assert counts.probes[counts.index("two"), 0] == float("inf")
    with pytest.raises(ConfigError, match="alleles of 4 characters, 6 asked for"):
        bank.counts(allele_length=6)


NASTY = ["a/../../b", "q\"uo,te's", "line\nbreak", "🦊", "nul\x00", "x" * 400, "..", "CON", "a b"]


def test_names_of_any_kind_stay_inside_the_bank(tmp_path):
    bank = Bank(tmp_path / "bank")
    for name in NASTY:
        fill(bank, name, GENOME.first(2))
    folders = [entry.name for entry in (tmp_path / "bank" / "parts").iterdir()]
    assert len(folders) == len(NASTY) and all(len(name) < 60 for name in folders)
    assert [entry.name for entry in tmp_path.iterdir()] == ["bank"]
    assert sorted(bank.counts().models) == sorted(NASTY)


def test_unknown_models_and_several_genomes(tmp_path):
    bank = Bank(tmp_path / "bank")
    with pytest.raises(ConfigError, match="is empty"):
        bank.counts()
    fill(bank, genome=GENOME.first(10))
    fill(bank, genome=Genome.of("other", [Gene("something else entirely")]))
    with pytest.raises(ConfigError, match="several genomes"):
        bank.counts()
    assert bank.counts(GENOME.first(10)).n_genes == 10
    with pytest.raises(ConfigError, match="did you mean one"):
        bank.counts(GENOME.first(10), models=["onee"])


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small tmpfs")
def test_a_full_disk_leaves_a_whole_bank(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("can't mount a tmpfs here")
    try:
        bank = Bank(disk / "bank")
        with pytest.raises(DataError, match="No space left on device"):
            for seed in range(40):
                fill(bank, f"model {seed}", model=FakeModel(f"model {seed}", seed=seed))
        assert bank.damaged() == []
        assert not [f for f in disk.rglob("*") if f.name.startswith(".writing")]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_one_models_failure_never_stops_the_others(tmp_path, monkeypatch):
    def open_model(spec):
        if spec.name == "bad":
            raise DataError("no such thing")
        return FakeModel(spec.name)

    monkeypatch.setattr(filling, "open_model", open_model)
    bank = Bank(tmp_path / "bank")
    models = [spec(name) for name in ("one", "bad", "two")]
    failed = sequence(bank, models, GENOME, OPTIONS)
    assert {name: str(error) for name, error in failed.items()} == {"bad": "no such thing"}
    assert sorted(bank.counts().models) == ["one", "two"]


def test_part_headers_survive_and_keys_ignore_provenance(tmp_path):
    header = parts.PartHeader("m", "r", "s", parts.SAMPLED, {"temperature": 1.0}, ("g",), 0, 4)
    again = parts.PartHeader.from_json(header.to_json())
    assert again == header
    later = parts.PartHeader.from_json(
        json.dumps({**json.loads(header.to_json()), "provenance": {"seed": 3}, "spec": "other"})
    )
    assert later.key == header.key


def test_what_a_killed_run_was_writing_is_no_part_of_the_bank(tmp_path):
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / ".writing-x.toml").write_text("format")
    bank = Bank(tmp_path / "bank")
    fill(bank)
    (tmp_path / "bank" / "genomes" / ".writing-x.jsonl").write_text('{"text": "half')
    (bank.folder_of("one") / ".writing-x.parquet").write_text("PAR")
    assert bank.counts().n_genes == 150 and bank.damaged() == []


def test_two_models_of_one_name_are_refused_before_any_is_sampled(tmp_path):
    bank = Bank(tmp_path / "bank")
    with pytest.raises(ConfigError, match="both called step"):
        sequence(bank, ["hf:./run1/step", "hf:./run2/step"], GENOME, OPTIONS)
    with pytest.raises(ConfigError):
        sequence(bank, ["hf:./run1/step", "nonsense"], GENOME, OPTIONS)
    assert bank.parts() == []


def recorded(path, rows):
    path.write_text("model,prompt,response\n" + "".join(f"{m},{p},{r}\n" for m, p, r in rows))
    return path


def test_recorded_files_add_up_and_contradictions_are_refused(tmp_path):
    bank = Bank(tmp_path / "bank")
    first = recorded(tmp_path / "1.csv", [("a", "p1", "yes"), ("b", "p1", "no")])
    more = recorded(tmp_path / "2.csv", [("a", "p1", "yes"), ("a", "p2", "so"), ("b", "p2", "so")])
    genome = import_completions(bank, first)
    import_completions(bank, more)
    import_completions(bank, more)
    both = import_completions(bank, more).grown([g for g in genome.genes if g.text != "p1"])
    counts = bank.counts(both)
    assert sorted(counts.models) == ["a", "b"] and counts.probes.sum() == 4
    other = recorded(tmp_path / "3.csv", [("a", "p1", "perhaps")])
    with pytest.raises(DataError, match="other recorded answers of a at 1 places"):
        import_completions(bank, other)


def test_settings_by_an_unknown_id_are_listed(tmp_path):
    bank = Bank(tmp_path / "bank")
    fill(bank)
    with pytest.raises(ConfigError, match="there are .*temperature 1.0"):
        bank.counts(settings="nope")
