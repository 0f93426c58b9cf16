"""A study carried out: from `study.toml` to tree, pictures and report, again and again.

Here: `run_study`, `plan_study`. Next door: `config` reads the file, `sequencing.engines` sample,
`adaptive` says how deep, `results` makes the tree and the files, `manifest` knows which are still
good.

Nothing is done twice. The bank knows which probes are there, the manifest beside the results what
each was made of. A model that fails is named and tried again by the next run; what the bank holds
of it already stays in the tree.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from phylolm.bank.bank import Bank, Version
from phylolm.bank.parts import canonical_hash
from phylolm.distance.measures import distances
from phylolm.errors import ConfigError, DataError, PhylolmError
from phylolm.models.budget import Limits
from phylolm.models.protocol import Backend, ModelSpec
from phylolm.models.spec import open_model
from phylolm.sequencing.engines import Engine, Opened, local
from phylolm.sequencing.fill import Progress, SequencingOptions, settled
from phylolm.sequencing.plan import Planned, plan
from phylolm.study.adaptive import Depths, depth_in, fill_in_rounds, greatest_errors
from phylolm.study.config import Study
from phylolm.study.forecasts import FORECASTS
from phylolm.study.manifest import Manifest, read_manifest, stale
from phylolm.study.publish import RESULTS
from phylolm.study.results import Results
from phylolm.tree.analysis import OUTGROUP

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
    # 1. What is asked of which models; refuse what can't become a tree.
    specs, options = study.specs(), options_of(study, limits)
    _check_models(study, specs)
    bank, genome, known = Bank(study.bank), study.genome(), read_manifest(study.out)
    bank.add_genome(genome)

    # 2. The models that can be opened, each by its revision; no weights are loaded yet.
    opened, failed = _open(specs)
    results = Results(study, bank, genome, _versions(specs, opened, options, known))
    _check_settings(study, results.versions)

    # 3. Sample what the bank lacks, to a fixed depth or until the distances are certain enough.
    def fill(models: Sequence[Opened], probes: int) -> dict[str, PhylolmError]:
        return engine(bank, models, genome, replace(options, probes=probes), progress)

    depths = None
    if study.plan.target_se is None:
        failed |= fill(opened, options.probes)
    else:
        failed |= _fill_in_rounds(results, opened, fill)
        depths = _depths(results, [m for m in opened if m.spec.name not in failed])

    # 4. Make the results that are missing or out of date.
    if len(results.held()) < LEAST_MODELS:
        raise _too_few(study, failed)
    made = results.publish(known, today, replicates)
    return Outcome(made.models, failed, made.silent, made.written, made.changes, depths)


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
    results = Results(study, bank, genome, _versions(specs, opened, options, known))
    return planned, stale(known, study.out, results.inputs())


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
    results: Results,
    opened: Sequence[Opened],
    fill: Callable[[Sequence[Opened], int], dict[str, PhylolmError]],
) -> dict[str, PhylolmError]:
    """Sample each model as deep as the study's `target_se` asks for."""
    study, options = results.study, options_of(results.study)

    def depth(model: Opened) -> int:
        return depth_in(results.bank, model, results.genome, options)

    def errors() -> Mapping[str, float]:
        if len(results.held()) < LEAST_MODELS:
            return {}
        counts, _ = results.counts()
        return greatest_errors(distances(counts, study.tree.measure))

    bound = study.plan.target_se or 0.0
    return fill_in_rounds(opened, bound, options.probes, fill, depth, errors)


def _depths(results: Results, models: Sequence[Opened]) -> Depths:
    options = options_of(results.study)
    reached = {m.spec.name: depth_in(results.bank, m, results.genome, options) for m in models}
    return Depths(reached, options.probes, len(results.genome))


def _too_few(study: Study, failed: Mapping[str, PhylolmError]) -> PhylolmError:
    for name, error in failed.items():
        return type(error)(f"{name}: {error}")
    return DataError(f"{study.path}: a tree needs at least {LEAST_MODELS} models")
