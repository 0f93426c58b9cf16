"""A study in a file: `study.toml` read into typed settings, and the commented file to start from.

Here: what a study says, and refusing what can't be meant. Next door: `toml` finds the lines
to complain about, `study` carries a study out.

Paths in the file are relative to the file, so a study runs from any folder.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from phylolm import defaults
from phylolm.distance.counts import parse_lengths
from phylolm.errors import ConfigError
from phylolm.files import read_text
from phylolm.genome.genome import BUNDLED, Genome
from phylolm.models.protocol import ModelSpec, SamplingSettings
from phylolm.models.spec import parse
from phylolm.showable import Showable
from phylolm.study.toml import Section
from phylolm.tree.analysis import TreeOptions


@dataclass(frozen=True)
class StudyModel:
    """One model of a study: its spec, and what people want to see beside it.

    name: instead of the one the spec gives. colour: of its family, as #rrggbb.
    """

    spec: str
    name: str = ""
    family: str = ""
    colour: str = ""
    notes: str = ""


@dataclass(frozen=True)
class StudyTree(TreeOptions):
    """How a study's tree is made: `TreeOptions`, and which alleles and models go in.

    min_answered: models that answer a smaller part of the genes are left out.
    """

    allele_length: str = defaults.ALLELE_LENGTH_TEXT
    min_answered: float = defaults.MIN_ANSWERED

    def __post_init__(self) -> None:
        """Raises ConfigError for anything unknown, before any work is done."""
        super().__post_init__()
        parse_lengths(self.allele_length)
        if self.replicates < 0:
            raise ConfigError(f"replicates {self.replicates}: 0 for no support, or more")
        if not 0 <= self.min_answered <= 1:
            raise ConfigError(f"min_answered {self.min_answered} is not between 0 and 1")


@dataclass(frozen=True)
class StudyPlan:
    """The settings of a study that stand outside any table.

    genome, genes: a bundled genome or a JSONL file, and how many of its genes.
    probes: for each gene, or at most so many when `target_se` says when a model has enough.
    mix_settings: compare models that are sampled under different settings all the same.
    bank, out: folders for the probes and for the results. scores: benchmark scores of the models.
    """

    title: str = "Family tree"
    genome: str = "math"
    genes: int | None = None
    probes: int = defaults.PROBES
    target_se: float | None = None
    seed: int = 0
    mix_settings: bool = False
    bank: str = "bank"
    out: str = "results"
    scores: str | None = None

    def __post_init__(self) -> None:
        """Raises ConfigError for numbers that make no sense."""
        if self.probes < 1 or (self.genes is not None and self.genes < 1):
            raise ConfigError("probes and genes: at least 1 is needed")
        if self.target_se is not None and not self.target_se > 0:
            raise ConfigError(f"target_se {self.target_se} is not above 0")


@dataclass(frozen=True)
class Study(Showable):
    """A whole study, and the file it was read from."""

    path: Path
    plan: StudyPlan
    settings: SamplingSettings
    tree: StudyTree
    models: tuple[StudyModel, ...]

    @property
    def bank(self) -> Path:
        return self._beside(self.plan.bank)

    @property
    def out(self) -> Path:
        return self._beside(self.plan.out)

    @property
    def scores(self) -> Path | None:
        return None if self.plan.scores is None else self._beside(self.plan.scores)

    def genome(self) -> Genome:
        """The genome's chosen genes. Raises ConfigError or DataError as `Genome.load` does."""
        wanted = self.plan.genome
        source = wanted if wanted in BUNDLED else self._beside(wanted)
        return Genome.load(source, self.plan.genes)

    def specs(self) -> list[ModelSpec]:
        """The models' specs, by the names the study gives them."""
        return [self._spec(model) for model in self.models]

    def families(self) -> dict[str, str]:
        """Model -> family, where the study says so."""
        named = zip(self.specs(), self.models, strict=True)
        return {spec.name: model.family for spec, model in named if model.family}

    def colours(self) -> dict[str, str]:
        """Family -> colour, where the study says so."""
        return {model.family: model.colour for model in self.models if model.colour}

    def notes(self) -> list[tuple[str, str]]:
        """(model, note) of each model that has one."""
        named = zip(self.specs(), self.models, strict=True)
        return [(spec.name, model.notes) for spec, model in named if model.notes]

    def _beside(self, path: str) -> Path:
        return self.path.parent / Path(path).expanduser()

    def _spec(self, model: StudyModel) -> ModelSpec:
        spec = parse(model.spec)
        target, hash_, rest = spec.target.partition("#")
        if self._is_beside(spec, target):
            spec = replace(spec, target=f"{self._beside(target).resolve()}{hash_}{rest}")
        return replace(spec, name=model.name) if model.name else spec

    def _is_beside(self, spec: ModelSpec, target: str) -> bool:
        if spec.backend == "replay":
            return True
        return spec.backend == "hf" and (
            target.startswith(("./", "../")) or self._beside(target).is_dir()
        )


def read_study(path: Path) -> Study:
    """A study from a file, and the models that joined it (see `watching`) from the one beside it.

    Raises ConfigError naming the line and the key that is wrong.
    """
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: name the study in it, as in {path / 'study.toml'}")
    if not path.is_file():
        raise ConfigError(f"no study {path}; `phylolm init -o {path}` writes one to start from")
    study = parse_study(read_text(path), path)
    beside = watched_path(path)
    if not beside.is_file():
        return study
    named = {spec.name for spec in study.specs()}
    joined = parse_study(read_text(beside), beside)
    pairs = zip(joined.specs(), joined.models, strict=True)
    more = tuple(model for spec, model in pairs if spec.name not in named)
    return replace(study, models=(*study.models, *more))


def watched_path(path: Path) -> Path:
    """The file of the models that joined a study: study.toml has study.watched.toml."""
    return path.with_suffix(".watched.toml")


def parse_study(text: str, path: Path) -> Study:
    """A study from the text of its file; see `read_study`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    top = Section(text, path, table)
    settings = top.table("settings").read(SamplingSettings)
    tree = top.table("tree").read(StudyTree)
    models = tuple(_read_model(section) for section in top.tables("models"))
    plan = top.read(StudyPlan, besides=("settings", "tree", "models"))
    study = Study(path, plan, settings, tree, models)
    _check_models(study, top)
    return study


def _read_model(section: Section) -> StudyModel:
    model = section.read(StudyModel)
    section.check("spec", lambda: parse(model.spec))
    section.check("colour", lambda: _check_colour(model))
    return model


def _check_colour(model: StudyModel) -> None:
    digits = model.colour.removeprefix("#")
    if not model.colour:
        return
    if not (model.colour.startswith("#") and len(digits) == 6 and _is_hex(digits)):
        raise ConfigError(f"colour {model.colour!r} is not written as #rrggbb")
    if not model.family:
        raise ConfigError(f"colour {model.colour!r}: colours are of families; name one")


def _is_hex(digits: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in digits)


def _check_models(study: Study, top: Section) -> None:
    """No two models of one name, no family of two colours."""
    names: dict[str, int] = {}
    colours: dict[str, str] = {}
    sections = top.tables("models")
    for number, (spec, model) in enumerate(zip(study.specs(), study.models, strict=True)):
        here = sections[number]
        if spec.name in names:
            here.refuse("spec", f"a model called {spec.name} is there already; give this a name")
        if model.colour and colours.setdefault(model.family, model.colour) != model.colour:
            here.refuse("colour", f"family {model.family} has the colour {colours[model.family]}")
        names[spec.name] = number


def template() -> str:
    """The commented study.toml that `phylolm init` writes."""
    return (resources.files("phylolm.study") / "template.toml").read_text(encoding="utf-8")
