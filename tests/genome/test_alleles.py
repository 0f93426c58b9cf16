from phylolm.genome.alleles import BLANK, END, allele, is_complete


def test_leading_spaces_and_newlines_are_skipped_and_inner_ones_kept():
    assert allele(" \n the end", ended=False) == "the "
    assert allele("\r\n a b c", ended=False) == "a b "


def test_an_answer_that_ends_at_once_is_the_shared_end_allele():
    assert allele("", ended=True) == allele("  \n", ended=True) == END


def test_blank_up_to_the_token_limit_is_not_an_end():
    assert allele("\n\n\n", ended=False) == BLANK != END


def test_a_short_answer_is_a_shorter_allele():
    assert allele("42", ended=True) == "42"


def test_complete_once_all_characters_are_there():
    assert is_complete(" 12345678") and not is_complete("        1234567")
