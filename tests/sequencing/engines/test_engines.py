"""Engines fill the same bank, whatever dies on the way. Models are the tiny zoo's real ones."""

import importlib.util
import os
import pickle
import signal
import time
from pathlib import Path

import pytest
from bank_cases import content

from phylolm.bank.bank import Bank
from phylolm.errors import BackendError, ConfigError
from phylolm.genome.genome import Genome
from phylolm.models.spec import open_model, parse
from phylolm.sequencing.engines import Opened, find_engine, jobs
from phylolm.sequencing.engines.local import fill as fill_locally
from phylolm.sequencing.fill import SequencingOptions

GENOME = Genome.load("math", 100)
OPTIONS = SequencingOptions(probes=3)


@pytest.fixture(scope="module")
def models(zoo):
    specs = [parse(f"{name}=hf:{zoo.path(name)}") for name in zoo.models[:3]]
    return [Opened(spec, open_model(spec)) for spec in specs]


@pytest.fixture(scope="module")
def expected(models, tmp_path_factory):
    """What the local engine gives."""
    bank = Bank(tmp_path_factory.mktemp("local") / "bank")
    assert fill_locally(bank, models, GENOME, OPTIONS) == {}
    return bank


def named(bank):
    return sorted(part.path.name for part in bank.parts())


def needs(package):
    there = importlib.util.find_spec(package) is not None
    return pytest.mark.skipif(not there, reason=f"{package} is not installed")


def test_jobs_give_the_parts_that_the_local_engine_gives(models, expected, tmp_path):
    def backwards(each):
        return [(job, jobs.do(job)) for job in reversed(each)]

    bank = Bank(tmp_path / "bank")
    seen = []
    engine = jobs.engine_from(backwards)
    assert engine(bank, models, GENOME, OPTIONS, lambda *step: seen.append(step)) == {}
    assert named(bank) == named(expected) and seen[-1][1:] == (100, 100)
    assert list(jobs.jobs_of(bank, models, GENOME, OPTIONS)) == []


def test_jobs_travel(models, tmp_path):
    job = next(jobs.jobs_of(Bank(tmp_path / "bank"), models, GENOME, OPTIONS))
    assert pickle.loads(pickle.dumps(job)) == job


def test_a_job_done_twice_adds_nothing(models, tmp_path):
    bank = Bank(tmp_path / "bank")
    job = next(jobs.jobs_of(bank, models, GENOME, OPTIONS))
    assert jobs.do(job) is None and jobs.do(job) is None
    assert len(bank.parts()) == 1


def test_a_model_that_changed_since_is_refused(models, tmp_path):
    from dataclasses import replace

    job = next(jobs.jobs_of(Bank(tmp_path / "bank"), models, GENOME, OPTIONS))
    problem = jobs.do(replace(job, revision="another"))
    assert isinstance(problem, BackendError) and "has changed" in str(problem)


def test_engines_are_found_by_name():
    assert find_engine("local") is fill_locally
    for text, problem in (
        ("abacus", "unknown engine 'abacus'"),
        ("local:x=1", "no option 'x'"),
        ("local:x", "NAME=VALUE"),
    ):
        with pytest.raises(ConfigError, match=problem):
            find_engine(text)


@pytest.mark.parametrize(("name", "package"), [("submitit", "submitit"), ("ray", "ray")])
def test_an_engine_that_is_not_installed_says_how(name, package):
    if importlib.util.find_spec(package):
        pytest.skip(f"{package} is installed")
    with pytest.raises(ConfigError, match="pip install 'phylolm"):
        find_engine(name)


@needs("submitit")
@pytest.mark.slow
def test_submitit_fills_the_same_bank(models, expected, tmp_path):
    bank = Bank(tmp_path / "bank")
    engine = find_engine("submitit:cluster=local,at_once=2,timeout_min=5")
    assert engine(bank, models, GENOME, OPTIONS) == {}
    assert named(bank) == named(expected)
    assert content(bank).equals(content(expected))


@needs("submitit")
@pytest.mark.slow
def test_a_killed_submitit_job_is_done_again(models, expected, tmp_path, monkeypatch):
    import submitit

    killed = []
    plain = submitit.AutoExecutor.submit

    def submit(self, *work):
        handle = plain(self, *work)
        if not killed:
            killed.append(handle)
            os.kill(int(handle.job_id), signal.SIGKILL)
        return handle

    monkeypatch.setattr(submitit.AutoExecutor, "submit", submit)
    bank = Bank(tmp_path / "bank")
    engine = find_engine("submitit:cluster=local,at_once=2,timeout_min=5")
    assert engine(bank, models[:1], GENOME, OPTIONS) == {}
    assert killed and set(named(bank)) < set(named(expected)) and len(bank.parts()) == 2


@needs("ray")
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ray_completes_when_a_node_is_killed(models, expected, tmp_path):
    """Two nodes, both at work; one is killed when the first job is done."""
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    other = cluster.add_node(num_cpus=1)
    bank, seen = Bank(tmp_path / "bank"), []

    def kill(*_):
        seen.append(nodes_alive(ray))
        if len(seen) == 1:
            cluster.remove_node(other, allow_graceful=False)

    try:
        engine = find_engine(f"ray:address={cluster.address}")
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        assert engine(bank, models, GENOME, OPTIONS, kill) == {}
        deadline = time.time() + 60
        while nodes_alive(ray) > 1 and time.time() < deadline:
            time.sleep(0.5)
        assert seen[0] == 2 and nodes_alive(ray) == 1
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert named(bank) == named(expected) and bank.damaged() == []


def nodes_alive(ray):
    return sum(node["Alive"] for node in ray.nodes())


@needs("submitit")
@pytest.mark.slow
def test_a_study_runs_on_another_engine(run, zoo, tmp_path):
    text = "genes = 16\nprobes = 2\n[tree]\nreplicates = 0\n"
    text += "".join(f'[[models]]\nspec = "hf:{zoo.path(name)}"\n' for name in zoo.models[:2])
    (tmp_path / "s.toml").write_text(text)
    engine = "submitit:cluster=local,timeout_min=5"
    code, _, err = run("run", tmp_path / "s.toml", "--engine", engine)
    assert code == 0, err
    assert Path(tmp_path / "bank-jobs").is_dir() and (tmp_path / "results/tree.nwk").exists()
