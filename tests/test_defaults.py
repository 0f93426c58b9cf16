"""Library, commands, study.toml and page agree on every default."""

import inspect
import re
import tomllib

import typer
from click import Group

from phylolm import defaults
from phylolm.bank.bank import Bank
from phylolm.cli import app
from phylolm.distance.counts import AlleleCounts, parse_lengths
from phylolm.distance.measures import bootstrap, distances
from phylolm.genome import alleles
from phylolm.page.sources import Wanted
from phylolm.sequencing.fill import SequencingOptions
from phylolm.study.config import StudyPlan, StudyTree, template
from phylolm.tree.analysis import TreeOptions
from phylolm.tree.build import build_tree
from phylolm.tree.support import replicate_support

OPTIONS = {
    "--allele-length": defaults.ALLELE_LENGTH_TEXT,
    "--measure": defaults.MEASURE,
    "--min-answered": defaults.MIN_ANSWERED,
    "--probes": defaults.PROBES,
    "--bootstrap": defaults.REPLICATES,
    "--root": defaults.ROOT,
    "--method": defaults.TREE_METHOD,
    "--epsilon": defaults.EPSILON,
}
"""Options that mean one of the defaults wherever they stand."""


def default_of(function, name):
    return inspect.signature(function).parameters[name].default


def test_the_library():
    assert default_of(Bank.counts, "allele_length") == defaults.ALLELE_LENGTHS
    assert default_of(AlleleCounts.from_probes, "length") == defaults.ALLELE_LENGTHS
    assert default_of(distances, "measure") == default_of(bootstrap, "measure") == defaults.MEASURE
    assert default_of(bootstrap, "replicates") == defaults.REPLICATES
    assert default_of(build_tree, "method") == defaults.TREE_METHOD
    assert default_of(replicate_support, "kind") == defaults.SUPPORT
    sampling = SequencingOptions()
    assert (sampling.probes, sampling.epsilon) == (defaults.PROBES, defaults.EPSILON)
    assert sampling.length == alleles.DEFAULT_LENGTH == max(defaults.ALLELE_LENGTHS)


def trees():
    return [TreeOptions(), StudyTree(), Wanted().tree]


def test_trees_of_library_studies_and_page():
    for tree in trees():
        assert tree.measure == defaults.MEASURE and tree.method == defaults.TREE_METHOD
        assert tree.replicates == defaults.REPLICATES and tree.support == defaults.SUPPORT
        assert tree.root == defaults.ROOT


def test_studies():
    tree = StudyTree()
    assert parse_lengths(tree.allele_length) == defaults.ALLELE_LENGTHS
    assert tree.min_answered == defaults.MIN_ANSWERED
    assert StudyPlan().probes == defaults.PROBES


def test_the_template_of_studies_shows_them():
    """Its commented settings are the defaults it says they are."""
    lines = [re.sub(r"^# (?=\w+ = )", "", line) for line in template().splitlines()]
    none = ("target_se", "target_se", "scores", "genes")  # these show an example
    given = tomllib.loads("\n".join(line for line in lines if not line.startswith(none)))
    assert given["probes"] == defaults.PROBES and given["genome"] == defaults.GENOME
    for name, value in given["tree"].items():
        assert getattr(StudyTree(), name) == value, name


def commands(group, path=()):
    for name, command in group.commands.items():
        if isinstance(command, Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def test_the_commands():
    seen = set()
    for name, command in commands(typer.main.get_command(app)):
        for parameter in command.params:
            for option in set(parameter.opts) & set(OPTIONS):
                exact = name == "sequence" and option == "--allele-length"
                if parameter.default is None or exact or name.startswith(("atlas", "demo")):
                    continue
                assert parameter.default == OPTIONS[option], (name, option)
                seen.add(option)
    assert seen == set(OPTIONS) - {"--epsilon"} or seen == set(OPTIONS)
