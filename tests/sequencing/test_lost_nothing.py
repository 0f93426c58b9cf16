"""What ends a run loses nothing that was paid for and counts nothing twice: kill -9, a full disk, a
clock that jumps."""

from __future__ import annotations

import errno
import itertools
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bank_cases import content, fill
from fake_server import FakeServer
from logprob_server import LogprobServer

from phylolm.bank import parts
from phylolm.bank.bank import Bank
from phylolm.errors import DataError
from phylolm.genome.genome import Gene, Genome
from phylolm.models.budget import Limits
from phylolm.models.protocol import SamplingSettings
from phylolm.sequencing.fill import SequencingOptions, sequence

GENOME = Genome.of("test", [Gene(f"gene number {i} of the test") for i in range(12)])
PROBES, TOGETHER = 3, 2
OPTIONS = SequencingOptions(probes=PROBES, limits=Limits(TOGETHER, examine=False))

KILLED = """
    import os, signal, sys
    from pathlib import Path
    import openai, pandas, pyarrow.parquet  # loaded once, before the forks
    from phylolm.bank.bank import Bank
    from phylolm.sequencing.fill import sequence
    from bank_cases import fill
    from test_lost_nothing import GENOME, OPTIONS

    how, root = sys.argv[1], Path(sys.argv[2])
    CHANGES = ("os.rename", "os.chmod", "os.mkdir", "os.remove", "open")

    def work(point):
        into, reached = root / str(point), 0

        def count(event, arguments):
            nonlocal reached
            if event in CHANGES and str(into) in str(arguments[0]):
                reached += 1
                if reached == point:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        if how == "local":
            fill(Bank(into), genome=GENOME, options=OPTIONS)
        else:
            assert sequence(Bank(into), [how], GENOME, OPTIONS) == {}

    for point in range(1, 1000):
        child = os.fork()
        if not child:
            work(point)
            os._exit(0)
        ended = os.waitpid(child, 0)[1]
        print(point, flush=True)
        if ended == 0:
            break
        assert ended == 9, ended
        sys.stdin.readline()
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    monkeypatch.delenv("PHYLOLM_API_KEY", raising=False)
    with FakeServer() as running:
        yield running


def killed_at_every_point(how: str, root: Path) -> Iterator[Path]:
    """Banks of runs killed before each change to the file system in turn."""
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1]), *sys.path]
    running = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), how, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(folders)},
    )
    assert running.stdin and running.stdout
    with running:
        for line in running.stdout:
            yield root / line.strip()
            if running.poll() is None:
                running.stdin.write("\n")
                running.stdin.flush()
    assert running.returncode == 0


def paid_for(server: FakeServer) -> int:
    return sum(int(asked.get("n", 1)) for asked in server.requests)


def held(bank: Bank) -> int:
    rows = [parts.read_table(part.path).num_rows for part in bank.parts()]
    return sum(rows)


def whole_parts(bank: Bank) -> dict[str, bytes]:
    return {part.path.name: part.path.read_bytes() for part in bank.parts()}


def check_rerun(bank: Bank, rerun: Any) -> None:
    """Whatever is there is whole, stays, and is completed; nothing counts twice."""
    assert bank.damaged() == []
    before = whole_parts(bank)
    rerun(bank)
    assert bank.damaged() == [] and before.items() <= whole_parts(bank).items()
    table = content(bank)
    assert len(table) == held(bank) == len(GENOME) * PROBES
    assert not table.duplicated(["gene", "draw"]).any()


def test_kill_9_at_any_point_of_a_local_run(tmp_path: Path) -> None:
    *killed, last = killed_at_every_point("local", tmp_path)
    print(f"{len(killed)} points")
    assert len(killed) > 10
    for folder in killed:
        check_rerun(Bank(folder), lambda bank: fill(bank, genome=GENOME, options=OPTIONS))
        assert content(Bank(folder)).equals(content(Bank(last)))


def test_kill_9_at_any_point_while_a_server_answers(server: FakeServer, tmp_path: Path) -> None:
    """Paid for twice are at most the genes that wait to be written and the calls under way."""
    points, most = 0, 0

    def rerun(bank: Bank) -> None:
        before, have = paid_for(server), held(bank)
        assert sequence(bank, [server.spec()], GENOME, OPTIONS) == {}
        assert paid_for(server) - before == len(GENOME) * PROBES - have

    for folder in killed_at_every_point(server.spec(), tmp_path):
        time.sleep(0.02)  # for the requests under way to be counted
        lost = paid_for(server) - held(Bank(folder))
        assert 0 <= lost <= (8 + 2 * TOGETHER) * PROBES
        points, most = points + 1, max(most, lost)
        check_rerun(Bank(folder), rerun)
        server.requests.clear()
    assert points > 20
    print(f"{points} points, at most {most} answers asked for again")


class Full:
    """The disk is full from the `after`-th write on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self.writes, self.after, self.plain = 0, after, os.fsync
        monkeypatch.setattr(os, "fsync", self.fsync)

    def fsync(self, handle: int) -> None:
        self.writes += 1
        if self.writes > self.after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.plain(handle)


def test_a_full_disk_while_a_server_answers(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = Bank(tmp_path / "bank")
    bank.add_genome(GENOME)
    with monkeypatch.context() as patched:
        Full(patched, after=1)
        failed = sequence(bank, [server.spec()], GENOME, OPTIONS)
    said = str(failed["fake"])
    assert isinstance(failed["fake"], DataError) and "\n" not in said
    assert "No space left on device" in said
    lost = paid_for(server) - held(bank)
    assert held(bank) == 8 * PROBES and f"; {lost} answers that had come are lost" in said
    assert not [f for f in bank.path.rglob("*") if f.name.startswith(".writing")]
    check_rerun(bank, lambda it: sequence(it, [server.spec()], GENOME, OPTIONS))


def test_a_full_disk_while_a_server_states_probabilities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = SequencingOptions(
        exact=True, epsilon=0.4, length=1, settings=SamplingSettings(max_tokens=3),
        limits=Limits(1, examine=False),
    )  # fmt: skip
    bank, genome = Bank(tmp_path / "bank"), GENOME.first(10)
    bank.add_genome(genome)
    with LogprobServer() as server:
        with monkeypatch.context() as patched:
            Full(patched, after=0)
            failed = sequence(bank, [server.spec()], genome, options)
        said = str(failed["fake"])
        assert "No space left on device" in said and "of 8 genes that had come are lost" in said
        assert sequence(bank, [server.spec()], genome, options) == {}
    assert bank.damaged() == [] and (bank.missing_mass(["fake"], genome) < 1).all()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small tmpfs")
def test_a_disk_that_is_really_full(server: FakeServer, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("can't mount a tmpfs here")
    try:
        bank = Bank(disk / "bank")
        failed = {}
        for number in range(20):
            failed |= sequence(bank, [f"m{number}=" + server.spec()], GENOME, OPTIONS)
        [said, *_] = map(str, failed.values())
        assert "No space left on device" in said and "answers that had come are lost" in said
        assert bank.damaged() == []
        assert not [f for f in disk.rglob("*") if f.name.startswith(".writing")]
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_clocks_that_jump_change_nothing(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall clock goes hours back and forth at every look, while calls fail and are repeated."""
    server.faults.extend(["429", "drop", "503", ""] * 3)
    server.retry_after = "0.2"
    plain, jumps = time.time, itertools.cycle([0.0, 7200.0, -86400.0, 3.2e7])
    started = time.monotonic()
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: plain() + next(jumps))
        bank = Bank(tmp_path / "bank")
        assert sequence(bank, [server.spec()], GENOME, OPTIONS) == {}
    assert time.monotonic() - started < 30
    check_rerun(bank, lambda it: sequence(it, [server.spec()], GENOME, OPTIONS))
    assert not server.faults
    for part in bank.parts():
        os.utime(part.path, (0, 4e9))
    asked = len(server.requests)
    assert sequence(bank, [server.spec()], GENOME, OPTIONS) == {} and len(server.requests) == asked
