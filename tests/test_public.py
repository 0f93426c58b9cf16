import ast
import inspect
import textwrap

import pytest

import phylolm
import phylolm.models
from phylolm import errors

PUBLIC = """
AlleleCounts Analysis BackendError Bank BankError BudgetError ConfigError DataError
DistanceMatrix Gene Genome Limits ModelSpec PhylolmError SamplingSettings SequencingOptions Tree
TreeOptions __version__ analyse bootstrap build_tree clades compare distances evaluate forecast
identify import_completions join_scores nei_distance neighbor_joining open_atlas open_model pcoa
plot_heatmap plot_map plot_tree quartet_distance read_distances read_scores read_study read_tree
robinson_foulds run_study sequence show with_support write_tree
""".split()

EXTENSION_POINTS = """
AlleleDistribution Backend Estimate ModelSpec Piece Probe Remote ReportsDistributions
ResolvesSettings SamplingSettings WeightedProbe open_model parse
""".split()


def test_public_names_change_on_purpose_only():
    assert phylolm.__all__ == PUBLIC and sorted(phylolm._HOME) == sorted(PUBLIC)
    assert phylolm.models.__all__ == EXTENSION_POINTS


def test_every_public_name_is_there_and_documented():
    for home, names in ((phylolm, PUBLIC), (phylolm.models, EXTENSION_POINTS)):
        for name in names:
            assert name == "__version__" or getattr(home, name).__doc__, name


def raised_by(thing):
    """The expected errors that a function's own lines raise."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = getattr(node.exc.func, "id", "")
            if name.endswith("Error") and hasattr(errors, name):
                yield name


@pytest.mark.parametrize("name", [n for n in PUBLIC if inspect.isfunction(getattr(phylolm, n))])
def test_docstrings_say_what_is_raised(name):
    thing = getattr(phylolm, name)
    assert all(error in thing.__doc__ for error in raised_by(thing))
