import json
import unicodedata

import pytest

from phylolm.errors import ConfigError, DataError
from phylolm.genome.build import cut, genes_from_documents, read_documents
from phylolm.genome.genome import BUNDLED, Gene, Genome, parse_genome, read_genome
from phylolm.models.fake import FakeModel
from phylolm.sequencing.gene_writer import genes_from_models


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_genomes_keep_their_promises(name):
    genome = Genome.load(name, Genome.bundled_size(name))
    texts = [gene.text for gene in genome.genes]
    assert len(texts) >= 256 and len(set(texts)) == len(texts)
    assert all(20 <= len(text) <= 99 for text in texts)
    assert all(text == text.strip() for text in texts)
    assert len({text[:20] for text in texts}) == len(texts), "near-duplicates"
    assert Genome.load(name).genes == genome.genes[:128]


def test_no_gene_is_in_two_bundled_genomes():
    texts = [g.text for name in BUNDLED for g in Genome.load(name, Genome.bundled_size(name)).genes]
    assert len(set(texts)) == len(texts)


def test_multilingual_covers_ten_languages_within_the_default_genome():
    languages = {gene.source.partition(":")[0] for gene in Genome.load("multilingual").genes}
    assert len(languages) >= 10


def test_file_round_trip(tmp_path):
    genome = Genome.of("mine", [Gene('a "quoted", gene\nof two lines'), Gene("καλημέρα", "el")])
    genome.save(tmp_path / "mine.jsonl")
    assert read_genome(tmp_path / "mine.jsonl") == genome
    assert read_genome(tmp_path / "mine.jsonl").id == genome.id


def test_growing_keeps_the_old_genes():
    old = Genome.of("g", [Gene("one gene"), Gene("another gene")])
    grown = old.grown([Gene("a third gene")])
    assert grown.gene_ids[:2] == old.gene_ids and grown.id != old.id


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"text": "a"}', '{"text": "a"}'], "genes 1 and 2 are the same"),
        (['{"text": "  "}'], "gene 1 is empty"),
        ([json.dumps({"text": "x" * 30_000})], "30,000 characters"),
        (["nonsense"], "line 1: not JSON"),
        (['{"prompt": "a"}'], "line 1"),
        (['{"text": "a", "gene": "0123456789abcdef"}'], "was changed"),
        ([], "has no genes"),
    ],
)
def test_bad_genomes_are_refused_in_one_line(lines, message):
    with pytest.raises(DataError, match=message) as caught:
        parse_genome("bad", "\n".join(lines), "bad.jsonl")
    assert "\n" not in str(caught.value)


def test_unknown_genome_and_too_many_genes():
    with pytest.raises(ConfigError, match="neither a bundled one"):
        Genome.load("nonsense")
    with pytest.raises(ConfigError, match="288 genes; asked for 999"):
        Genome.load("math", 999)


def test_cut_never_ends_inside_a_word_or_in_white_space():
    document = "The rivers of the north are long and slow, they say in the valley."
    for length in range(20, len(document) - 1):
        gene = cut(document, length)
        if gene is None:
            continue
        assert document.startswith(gene) and gene == gene.strip()
        after = document[len(gene)]
        assert not (gene[-1].isalnum() and after.isalnum())


def test_cut_treats_scripts_without_spaces_by_character():
    document = "山の上に小さな家があり、そこには年老いた猫が一匹だけ住んでいて、毎朝"
    assert len(cut(document, 25)) == 25


def test_cut_keeps_combining_marks_with_their_letters():
    document = unicodedata.normalize("NFD", "une réunion à l'hôtel près de la forêt enchantée")
    for length in range(20, 40):
        gene = cut(document, length)
        assert gene is None or not unicodedata.combining(document[len(gene)])


def test_genes_come_from_distinct_documents_and_depend_on_the_seed(tmp_path):
    documents = [f"Document number {i} says something rather long about {i}" for i in range(50)]
    (tmp_path / "d.jsonl").write_text("\n".join(json.dumps({"text": d}) for d in documents))
    read = read_documents(str(tmp_path / "d.jsonl"))
    genes = genes_from_documents(read, 20, "d", seed=1)
    assert genes == genes_from_documents(read, 20, "d", seed=1)
    assert genes != genes_from_documents(read, 20, "d", seed=2)
    assert all(any(d.startswith(gene.text) for d in documents) for gene in genes)
    with pytest.raises(DataError, match="50 documents give"):
        genes_from_documents(read, 60, "d")


def test_documents_of_every_kind(tmp_path):
    import pandas as pd

    text = 'a, text\nwith "all" of it'
    frame = pd.DataFrame({"text": [text], "n": [1]})
    frame.to_csv(tmp_path / "d.csv", index=False)
    frame.to_parquet(tmp_path / "d.parquet")
    (tmp_path / "d.txt").write_text("one\n\ntwo\n\n\nthree")
    assert read_documents(str(tmp_path / "d.csv")) == [text]
    assert read_documents(str(tmp_path / "d.parquet")) == [text]
    assert len(read_documents(str(tmp_path / "d.txt"))) == 3
    with pytest.raises(DataError, match="no text in column 'prose'"):
        read_documents(str(tmp_path / "d.csv"), "prose")
    with pytest.raises(ConfigError, match="can't read documents"):
        read_documents("d.docx")


class Talker(FakeModel):
    """Says words with a space before them, as models do."""

    def distribution(self, prompt):
        return {f" {word}": share for word, share in super().distribution(prompt).items()}


def test_models_write_genes():
    models = [Talker(f"fake-{seed}", seed=seed) for seed in (1, 2)]
    genes = genes_from_models(models, 12, seed=3)
    assert len({gene.text for gene in genes}) == 12
    assert all(20 <= len(gene.text) <= 99 and gene.text == gene.text.strip() for gene in genes)
    assert {gene.source for gene in genes} == {"written by fake-1", "written by fake-2"}
