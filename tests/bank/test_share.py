import os
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import fsspec
import pytest
from bank_cases import GENOME, OPTIONS, content, fill
from fsspec.implementations.memory import MemoryFileSystem

from phylolm.bank import parts
from phylolm.bank.bank import Bank
from phylolm.bank.remote import Store
from phylolm.bank.share import receive, send
from phylolm.errors import BackendError, ConfigError
from phylolm.sequencing import imported
from phylolm.sequencing.fill import SequencingOptions
from phylolm.sequencing.imported import import_completions


@pytest.fixture
def memory():
    """A URL of an empty place in memory."""
    MemoryFileSystem.store.clear()
    yield "memory://shared/bank"
    MemoryFileSystem.store.clear()


def filled(path, *names, **how):
    bank = Bank(path)
    for name in names:
        fill(bank, name, **how)
    return bank


def files(bank):
    return sorted(p.relative_to(bank.path).as_posix() for p in bank.path.rglob("*.*"))


def test_merging_joins_and_adds_nothing_twice(tmp_path):
    one, two = filled(tmp_path / "1", "a", "b"), filled(tmp_path / "2", "b", "c")
    into = Bank(tmp_path / "into")
    assert receive(into, Store(one.path)).added == 7
    done = receive(into, Store(two.path))
    assert (done.added, done.there, done.refused) == (3, 4, {})
    assert content(into).equals(content(filled(tmp_path / "whole", "a", "b", "c")))
    before = files(into)
    for source in (one, two, into):
        assert receive(into, Store(source.path)).added == 0
    assert files(into) == before


def test_parts_whose_draws_are_all_there_add_nothing(tmp_path):
    deep = filled(tmp_path / "deep", "a", options=SequencingOptions(probes=8))
    rounds = filled(tmp_path / "rounds", "a", options=SequencingOptions(probes=4))
    fill(rounds, "a", options=SequencingOptions(probes=8))
    assert receive(deep, Store(rounds.path)).added == 0
    assert receive(rounds, Store(deep.path)).added == 0
    longer = filled(tmp_path / "longer", "a", options=SequencingOptions(probes=9))
    assert receive(deep, Store(longer.path)).added == 3


def test_push_and_pull_carry_what_is_missing(tmp_path, memory, monkeypatch):
    mine = filled(tmp_path / "mine", "a")
    assert send(mine, Store(memory)).added == 4
    fill(mine, "b")
    done = send(mine, Store(memory))
    assert (done.added, done.there) == (3, 4)
    theirs = Bank(tmp_path / "theirs")
    assert receive(theirs, Store(memory)).added == 7
    assert files(theirs) == files(mine) and theirs.damaged() == []
    read = []
    monkeypatch.setattr(
        Store, "read", lambda self, name, plain=Store.read: read.append(name) or plain(self, name)
    )
    receive(theirs, Store(memory))
    assert read == ["bank.toml"]


def test_a_file_cut_short_at_the_other_end_is_sent_again(tmp_path, memory):
    mine = filled(tmp_path / "mine", "a")
    send(mine, Store(memory))
    store = Store(memory)
    [victim, *_] = [name for name in store.names() if name.startswith("parts/")]
    store._filesystem.pipe_file(store._path(victim), store.read(victim)[:100])
    assert send(mine, Store(memory)).added == 1
    assert receive(Bank(tmp_path / "theirs"), Store(memory)).refused == {}


def test_pushing_to_a_folder_makes_a_bank(tmp_path):
    mine = filled(tmp_path / "mine", "a")
    send(mine, Store(f"file://{tmp_path}/there"))
    assert files(Bank(tmp_path / "there", create=False)) == files(mine)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def renamed(path):
    """The part under the name its bytes deserve."""
    key = path.stem.partition("-")[0]
    return path.rename(path.with_name(f"{key}-{parts.file_digest(path)}.parquet"))


def test_damaged_files_are_refused_by_name_and_the_others_come(tmp_path):
    source = filled(tmp_path / "source", "a")
    victim = source.parts()[1].path
    flip(victim)
    genome = next(source.path.glob("genomes/*"))
    genome.write_text(genome.read_text().replace("number 3 ", "number 999 "))
    into = Bank(tmp_path / "into")
    done = receive(into, Store(source.path))
    assert done.added == 2 and into.damaged() == []
    assert set(done.refused) == {
        f"parts/{victim.parent.name}/{victim.name}",
        f"genomes/{genome.name}",
    }
    done = send(source, Store(tmp_path / "elsewhere"))
    assert done.added == 2 and len(done.refused) == 2


def test_parts_that_lie_are_refused(tmp_path):
    """Names that fit the bytes are not enough: a part from others may say anything."""
    source = filled(tmp_path / "source", "a")
    first, second, third = (part.path for part in source.parts())
    first.write_bytes(b"PAR1 no parquet PAR1")
    first = renamed(first)
    swapped = second.rename(second.with_name(f"{'0' * 24}-{second.stem[25:]}.parquet"))
    folder = third.parent.with_name("other-model")
    folder.mkdir()
    moved = third.rename(folder / third.name)
    done = receive(Bank(tmp_path / "into"), Store(source.path))
    told = {name.rpartition("/")[2]: why for name, why in done.refused.items()}
    assert told[swapped.name] == "answers something else than its name says"
    assert told[moved.name] == "is in the folder of another model"
    assert first.name in told and Bank(tmp_path / "into").parts() == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"genes": ("0" * 16,)}, "genes that its header doesn't name"),
        ({"first": 1}, "draws that its header doesn't name"),
        ({"kind": "dreamt"}, "header that can't be"),
        ({"stop": "4"}, "header that can't be"),
    ],
)
def test_headers_that_do_not_fit_their_rows_are_refused(tmp_path, change, problem):
    from dataclasses import replace

    source = filled(tmp_path / "source", "a")
    part = source.parts()[0]
    table = parts.read_table(part.path)
    part.path.unlink()
    columns = {name: table[name].to_pylist() for name in parts.SCHEMA.names}
    source.add_part(replace(part.header, **change), columns)
    done = receive(Bank(tmp_path / "into"), Store(source.path))
    assert [problem in why for why in done.refused.values()] == [True]


def test_files_outside_a_bank_are_not_touched(tmp_path, memory):
    mine = filled(tmp_path / "mine", "a")
    send(mine, Store(memory))
    files_there = fsspec.filesystem("memory")
    for name in ("parts/../../evil.parquet", "parts/x/run.pkl", "README.md", "parts/x/.hidden"):
        files_there.pipe_file(f"/shared/bank/{name}", b"boo")
    into = Bank(tmp_path / "deep" / "into")
    done = receive(into, Store(memory))
    assert done.added == 4 and not done.refused
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["into"]


def record(bank, path, answers):
    rows = "".join(f"m,{prompt},{answer}\n" for prompt, answer in answers)
    path.write_text("model,prompt,response\n" + rows)
    import_completions(bank, path)


def test_recorded_answers_join_and_contradictions_are_refused(tmp_path):
    one, two = Bank(tmp_path / "1"), Bank(tmp_path / "2")
    record(one, tmp_path / "one.csv", [("first prompt", "yes"), ("second prompt", "no")])
    record(two, tmp_path / "two.csv", [("first prompt", "yes"), ("second prompt", "never")])
    into = Bank(tmp_path / "into")
    assert not receive(into, Store(one.path)).refused
    assert receive(into, Store(one.path)).added == 0
    done = receive(into, Store(two.path))
    assert "other recorded answers" in next(iter(done.refused.values()))
    assert imported.REVISION == into.parts()[0].header.revision and len(into.parts()) == 1


def test_places_that_are_no_banks_or_not_there(tmp_path, memory):
    with pytest.raises(ConfigError, match="no bank at"):
        receive(Bank(tmp_path / "b"), Store(memory))
    with pytest.raises(ConfigError, match="gopher"):
        Store("gopher://x/y")
    fsspec.filesystem("memory").pipe_file("/shared/bank/bank.toml", b"version = 99\n")
    with pytest.raises(Exception, match="upgrade phylolm"):
        Store(memory).check_is_bank()
    with pytest.raises(Exception, match="upgrade phylolm"):
        send(filled(tmp_path / "mine", "a"), Store(memory))


def test_a_place_that_fails_is_one_line(tmp_path, memory, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no route\nto host")

    send(filled(tmp_path / "mine", "a"), Store(memory))
    monkeypatch.setattr(MemoryFileSystem, "cat_file", refuse)
    with pytest.raises(BackendError, match=r"^memory://shared/bank: no route$"):
        receive(Bank(tmp_path / "b"), Store(memory))


class Hub(MemoryFileSystem):
    """The hub's file system as far as a push sees it."""

    protocol = ("hf",)
    endpoint, token = "http://hub.invalid", "secret"
    cachable = False

    def resolve_path(self, path):
        return SimpleNamespace(
            repo_id="me/bank", repo_type="dataset", revision="main", path_in_repo="probes"
        )


def test_a_push_to_the_hub_is_one_commit(tmp_path, memory, monkeypatch):
    import huggingface_hub

    commits = []
    monkeypatch.setattr(
        huggingface_hub.HfApi, "upload_folder", lambda self, **said: commits.append(said)
    )
    store = Store(memory)
    store._filesystem, store._root = Hub(), "/shared/bank"
    mine = filled(tmp_path / "mine", "a")
    send(mine, store)
    assert [len(commit["allow_patterns"]) for commit in commits] == [1, 4]
    assert commits[1]["repo_id"] == "me/bank" and commits[1]["path_in_repo"] == "probes"


def test_from_the_command_line(run, tmp_path, memory):
    one, two = filled(tmp_path / "1", "a"), filled(tmp_path / "2", "a", "b")
    code, _, err = run("bank", "merge", one.path, two.path, "--bank", tmp_path / "3")
    assert code == 0 and "4 files added" in err and "3 files added, 4 there" in err
    code, _, err = run("bank", "push", memory, "--bank", tmp_path / "3")
    assert code == 0 and "7 files added" in err
    code, _, err = run("bank", "pull", memory, "--bank", tmp_path / "4")
    assert code == 0 and content(Bank(tmp_path / "4")).equals(content(two))
    flip(one.parts()[0].path)
    code, _, err = run("bank", "merge", one.path, "--bank", tmp_path / "5")
    assert code == 3 and "not what it is named by" in err and "3 files added" in err
    code, _, err = run("bank", "merge", tmp_path / "no", "--bank", tmp_path / "6")
    assert code == 2 and "no bank at" in err and not (tmp_path / "6").exists()


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from phylolm.bank.bank import Bank
    from phylolm.bank.share import receive, send
    from phylolm.bank.remote import Store
    import pandas, pyarrow.parquet  # loaded once, before the forks

    how, source, root = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    CHANGES = ("os.rename", "os.chmod", "os.mkdir", "os.remove", "open")

    def work(point):
        into = root / str(point)
        reached = 0

        def count(event, arguments):
            nonlocal reached
            if event in CHANGES and str(into) in str(arguments[0]):
                reached += 1
                if reached == point:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        if how == "receive":
            receive(Bank(into), Store(source))
        else:
            send(Bank(source), Store(f"file://{into}"))

    for point in range(1, 1000):
        child = os.fork()
        if not child:
            work(point)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break
    print(point - 1)
"""


@pytest.mark.parametrize("how", ["receive", "send"])
def test_kill_9_at_any_point_leaves_whole_files_and_a_rerun_completes(tmp_path, how):
    """Killed before each change to the file system in turn."""
    source = filled(tmp_path / "source", "a", genome=GENOME.first(70), options=OPTIONS)
    (tmp_path / "killed").mkdir()
    command = [sys.executable, "-c", textwrap.dedent(KILLED), how, source.path, tmp_path / "killed"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert ended.returncode == 0, ended.stderr
    points = int(ended.stdout)
    assert points > 12
    for point in range(1, points + 1):
        folder = tmp_path / "killed" / str(point)
        bank = Bank(folder)
        assert bank.damaged() == []
        receive(bank, Store(source.path)) if how == "receive" else send(source, Store(folder))
        assert bank.damaged() == [] and content(bank).equals(content(source))
