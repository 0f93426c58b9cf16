"""The page of benchmarks keeps what is measured by hand."""

from benchmarks.__main__ import _other_sections

PAGE = "# Speed\n\nIntro\n\n## Atlas\n\nold\n\n## Large atlases\n\n| a | b |\n\n## Trees\n\nold\n"


def test_sections_made_by_hand_stay():
    assert _other_sections(PAGE, {"Atlas", "Trees"}) == ["## Large atlases\n\n| a | b |"]
    assert _other_sections("# Speed\n", {"Atlas"}) == []
