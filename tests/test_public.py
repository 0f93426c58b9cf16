import phylolm
import phylolm.models

PUBLIC = """
AlleleCounts Analysis BackendError Bank BankError BudgetError ConfigError DataError
DistanceMatrix Gene Genome Limits ModelSpec PhylolmError SamplingSettings SequencingOptions Tree
TreeOptions __version__ analyse bootstrap build_tree clades compare distances evaluate forecast
identify import_completions join_scores nei_distance neighbor_joining open_atlas open_model pcoa
plot_heatmap plot_map plot_tree quartet_distance read_distances read_scores read_study read_tree
robinson_foulds run_study sequence show supported with_support write_tree
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
