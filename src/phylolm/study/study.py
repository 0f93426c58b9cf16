"""A study carried out: from `study.toml` to tree, pictures and report, again and again.

Here: `run_study`, `plan_study`, `last_findings`. Next door: `config` reads the file, `engines`
sample, `adaptive` says how deep, `analysis` makes the tree, `publish` writes the results,
`manifest` knows which are still good, `changes` says what new models changed.

Nothing is done twice. The bank knows which probes are there, the manifest beside the results what
each was made of. A model that fails is named and tried again by the next run; what the bank holds
of it already stays in the tree.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from phylolm.bank.bank import Bank, Version, answering
from phylolm.bank.parts import canonical_hash
from phylolm.distance.counts import AlleleCounts, parse_lengths, without_silent
from phylolm.distance.measures import distances
from phylolm.errors import ConfigError, DataError, PhylolmError
from phylolm.genome.genome import Genome
from phylolm.models.budget import Limits
from phylolm.models.protocol import Backend, ModelSpec
from phylolm.models.spec import open_model
from phylolm.sequencing.engines import Engine, Opened, local
from phylolm.sequencing.fill import Progress, SequencingOptions, settled
from phylolm.sequencing.plan import Planned, plan
from phylolm.study.adaptive import Depths, depth_in, fill_in_rounds, greatest_errors
from phylolm.study.changes import write_changes
from phylolm.study.config import Study
from phylolm.study.forecasts import FORECASTS, content_hash, write_forecasts
from phylolm.study.manifest import Manifest, read_manifest, stale, write_manifest
from phylolm.study.publish import RESULTS, Findings, write_results
from phylolm.tree.analysis import OUTGROUP, Analysis, analyse
from phylolm.tree.files import read_tree
from phylolm.tree.tree import Tree
from phylolm.version import __version__

TREE = "tree.nwk"
LEAST_MODELS = 2


@dataclass(frozen=True)
class Outcome:
    """What a run did.

    models: in the results. failed: models that could not be sampled to the end, with why.
    silent: models left out because they answer too little. written: files made anew.
    changes: the page about models that joined, if some did. depths: where they were adaptive.
    """

    models: tuple[str, ...]
    failed: Mapping[str, PhylolmError] = field(default_factory=dict)
    silent: Sequence[str] = ()
    written: Sequence[str] = ()
    changes: Path | None = None
    depths: Depths | None = None


@dataclass(frozen=True)
class _Data:
    """What results are made of: the versions of the models, in the study's order, and the hash
    of everything that distances and tree depend on."""

    versions: Mapping[str, Version]
    inputs: str


def run_study(
    study: Study,
    today: datetime.date,
    progress: Progress | None = None,
    replicates: Callable[[int], None] | None = None,
    engine: Engine = local.fill,
    limits: Limits | None = None,
) -> Outcome:
    """Sample what the bank lacks and make the results that are missing or out of date.

    progress: called while sampling. replicates: called with bootstrap replicates done. limits: of
    calls to servers and of money.
    Raises ConfigError or DataError for a study that can't be carried out at all, and the first
    failure when too few models are left for a tree.
    """
    genome, specs, options = study.genome(), study.specs(), options_of(study, limits)
    _check_models(study, specs)
    bank = Bank(study.bank)
    bank.add_genome(genome)
    known = read_manifest(study.out)
    opened, failed = _open(specs)
    versions = _versions(specs, opened, options, known)
    _check_settings(study, versions)

    def fill(models: Sequence[Opened], probes: int) -> dict[str, PhylolmError]:
        return engine(bank, models, genome, replace(options, probes=probes), progress)

    depths = None
    if study.plan.until_error is None:
        failed |= fill(opened, options.probes)
    else:
        failed |= _fill_in_rounds(study, bank, genome, versions, opened, fill)
        depths = _depths(study, bank, genome, [m for m in opened if m.spec.name not in failed])
    data = _data(study, bank, genome, versions)
    if len(data.versions) < LEAST_MODELS:
        raise _too_few(study, failed)
    done = _publish(study, bank, genome, data, known, today, replicates)
    return replace(done, failed=failed, depths=depths)


def plan_study(study: Study, limits: Limits | None = None) -> tuple[list[Planned], list[str]]:
    """What a run would sample, model by model, and which files it would write."""
    genome, specs, options = study.genome(), study.specs(), options_of(study, limits)
    _check_models(study, specs)
    bank = Bank(study.bank, create=False) if study.bank.exists() else None
    planned = plan(bank, specs, genome, options)
    if bank is None or any(each.probes or each.problem for each in planned):
        return planned, [*RESULTS, *([FORECASTS] if study.scores is not None else [])]
    known = read_manifest(study.out)
    opened, _ = _open(specs)
    data = _data(study, bank, genome, _versions(specs, opened, options, known))
    return planned, stale(known, study.out, _inputs(study, data))


def last_findings(study: Study) -> Findings:
    """What the last run found, read from the bank and the results; nothing is sampled or written.

    Raises ConfigError for a study that was never run.
    """
    known = read_manifest(study.out)
    if not known.models or not (study.out / TREE).is_file():
        raise ConfigError(f"{study.path} has no results yet: `phylolm run {study.path}` first")
    versions = {name: Version(*version) for name, version in known.models.items()}
    bank = Bank(study.bank, create=False)
    counts, _ = _counts(study, bank, study.genome(), _Data(versions, ""))
    return _findings(study, counts, _analysis(study, counts, False, None))


def options_of(study: Study, limits: Limits | None = None) -> SequencingOptions:
    """How the study's models are sampled."""
    probes, seed = study.plan.probes, study.plan.seed
    return SequencingOptions(
        probes=probes, seed=seed, settings=study.settings, limits=limits or Limits()
    )


def version_of(backend: Backend, options: SequencingOptions) -> Version:
    """Which of a model's probes in a bank these options ask for."""
    settings = settled(backend, options).settings
    return Version(backend.revision, canonical_hash(asdict(settings))[:8])


def _open(specs: Sequence[ModelSpec]) -> tuple[list[Opened], dict[str, PhylolmError]]:
    """The models that can be opened, and why the others can't."""
    opened: list[Opened] = []
    failed: dict[str, PhylolmError] = {}
    for spec in specs:
        try:
            opened.append(Opened(spec, open_model(spec)))
        except PhylolmError as error:
            failed[spec.name] = error
    return opened, failed


def _versions(
    specs: Sequence[ModelSpec],
    opened: Sequence[Opened],
    options: SequencingOptions,
    known: Manifest,
) -> dict[str, Version]:
    """The version of each model, in the study's order.

    Of models that can't be opened it is the version that the last results were made of, unless
    that was sampled under settings that no other model has any more.
    """
    now = {spec.name: version_of(backend, options) for spec, backend in opened}
    settings = {version.settings_id for version in now.values()}
    before = {name: Version(*version) for name, version in known.models.items()}
    before = {name: each for name, each in before.items() if each.settings_id in settings}
    every = before | now
    return {spec.name: every[spec.name] for spec in specs if spec.name in every}


def _check_models(study: Study, specs: Sequence[ModelSpec]) -> None:
    """Refuse, before anything is sampled, a study that can't have its tree."""
    names = {spec.name for spec in specs}
    if len(names) < LEAST_MODELS:
        raise ConfigError(f"{study.path}: a tree needs at least {LEAST_MODELS} models")
    root = study.tree.root
    outgroup = root.removeprefix(OUTGROUP)
    if root == outgroup or outgroup in names:
        return
    for name in outgroup.split(","):
        if name not in names:
            raise ConfigError(f"{study.path}: the outgroup {name!r} is none of the study's models")


def _check_settings(study: Study, versions: Mapping[str, Version]) -> None:
    """Refuse, before anything is sampled, models that could not be compared."""
    settings = {version.settings_id for version in versions.values()}
    if len(settings) > 1 and not study.plan.mix_settings:
        raise ConfigError(
            f"{study.path}: its models are sampled under {len(settings)} different settings; say "
            "boundary and prompt_mode in [settings] so that all can, or mix_settings = true"
        )


def _fill_in_rounds(
    study: Study,
    bank: Bank,
    genome: Genome,
    versions: Mapping[str, Version],
    opened: Sequence[Opened],
    fill: Callable[[Sequence[Opened], int], dict[str, PhylolmError]],
) -> dict[str, PhylolmError]:
    """Sample each model as deep as the study's `until_error` asks for."""
    options = options_of(study)

    def depth(model: Opened) -> int:
        return depth_in(bank, model, genome, options)

    def errors() -> Mapping[str, float]:
        data = _data(study, bank, genome, versions)
        if len(data.versions) < LEAST_MODELS:
            return {}
        counts, _ = _counts(study, bank, genome, data)
        return greatest_errors(distances(counts, study.tree.measure))

    bound = study.plan.until_error or 0.0
    return fill_in_rounds(opened, bound, options.probes, fill, depth, errors)


def _depths(study: Study, bank: Bank, genome: Genome, models: Sequence[Opened]) -> Depths:
    options = options_of(study)
    reached = {model.spec.name: depth_in(bank, model, genome, options) for model in models}
    return Depths(reached, options.probes, len(genome))


def _data(study: Study, bank: Bank, genome: Genome, versions: Mapping[str, Version]) -> _Data:
    wanted = [part for name in versions for part in bank.parts_of(name)]
    parts = answering(wanted, genome.gene_ids, versions)
    held = {part.header.model for part in parts}
    made_of = {
        "phylolm": __version__,
        "parts": sorted(part.path.name for part in parts),
        "models": [name for name in versions if name in held],
        "genome": genome.id,
        "probes": study.plan.probes,
        "tree": asdict(study.tree),
    }
    kept = {name: version for name, version in versions.items() if name in held}
    return _Data(kept, canonical_hash(made_of))


def _inputs(study: Study, data: _Data) -> dict[str, str]:
    """For each result of this study the hash of what goes into it."""
    seen = canonical_hash([data.inputs, study.families(), study.colours()])
    told = canonical_hash([seen, study.plan.title, study.notes()])
    named = {"tree.svg": seen, "heatmap.svg": seen, "map.svg": seen, "report.html": told}
    inputs = {name: named.get(name, data.inputs) for name in RESULTS}
    if study.scores is not None:
        inputs[FORECASTS] = canonical_hash([data.inputs, content_hash(study.scores)])
    return inputs


def _too_few(study: Study, failed: Mapping[str, PhylolmError]) -> PhylolmError:
    for name, error in failed.items():
        return type(error)(f"{name}: {error}")
    return DataError(f"{study.path}: a tree needs at least {LEAST_MODELS} models")


def _publish(
    study: Study,
    bank: Bank,
    genome: Genome,
    data: _Data,
    known: Manifest,
    today: datetime.date,
    replicates: Callable[[int], None] | None,
) -> Outcome:
    """Make the results that are missing or out of date."""
    inputs = _inputs(study, data)
    old = stale(known, study.out, inputs)
    if not old:
        return Outcome(tuple(data.versions))
    counts, silent = _counts(study, bank, genome, data)
    analysis = _analysis(study, counts, TREE in old, replicates)
    found = _findings(study, counts, analysis)
    changes = _changes(study, analysis, known, today)
    write_results(found, study.out, [name for name in old if name in RESULTS])
    made = {name: inputs[name] for name in RESULTS}
    write_manifest(study.out, data.versions, genome.id, made)  # stands if the scores are no good
    if study.scores is not None:
        if FORECASTS in old:
            write_forecasts(analysis.distances, study.scores, study.out / FORECASTS)
        write_manifest(study.out, data.versions, genome.id, inputs)
    return Outcome(counts.models, silent=silent, written=old, changes=changes)


def _findings(study: Study, counts: AlleleCounts, analysis: Analysis) -> Findings:
    return Findings(
        study.plan.title,
        counts,
        analysis,
        study.tree,
        study.families(),
        study.colours(),
        study.notes(),
    )


def _counts(
    study: Study, bank: Bank, genome: Genome, data: _Data
) -> tuple[AlleleCounts, list[str]]:
    counts = bank.counts(
        genome,
        parse_lengths(study.tree.allele_length),
        models=data.versions,
        mix_settings=study.plan.mix_settings,
        probes=study.plan.probes,
        versions=data.versions,
    )
    return without_silent(counts, study.tree.min_answered)


def _analysis(
    study: Study, counts: AlleleCounts, anew: bool, replicates: Callable[[int], None] | None
) -> Analysis:
    """Distances and tree; a tree that is still good is read, not made."""
    if anew:
        return analyse(counts, study.tree, replicates)
    return Analysis(distances(counts, study.tree.measure), read_tree(study.out / TREE))


def _changes(
    study: Study, analysis: Analysis, known: Manifest, today: datetime.date
) -> Path | None:
    """The page about models that joined since the last results, if some did."""
    before = _tree_before(study, known)
    if before is None or set(analysis.tree.leaf_names) <= set(before.leaf_names):
        return None
    return write_changes(study.out, today, before, analysis.tree, analysis.distances)


def _tree_before(study: Study, known: Manifest) -> Tree | None:
    path = study.out / TREE
    made = known.files.get(TREE, {}).get("from", "")
    return read_tree(path) if known.is_fresh(study.out, TREE, made) else None
