"""From a completion's text to its allele: the first few characters of what a model says.

The bank keeps texts, so the allele length can change without sampling again. Samplers use
`is_complete` to know when they may stop; `phylolm.distance.counts` uses `allele` to count.
"""

MAX_LENGTH = 8
"""Longest allele in characters; samplers stop a completion once this many are there."""

DEFAULT_LENGTH = 4
"""Allele length of the published method."""

END = ""
"""The one allele of every completion that says nothing before its end of sequence."""

BLANK = " "
"""Allele of a completion that is still all white space at the token limit."""

_SKIPPED = " \r\n"


def strip(text: str) -> str:
    """`text` without the spaces and newlines before its first other character."""
    return text.lstrip(_SKIPPED)


def is_complete(text: str, length: int = MAX_LENGTH) -> bool:
    """Whether `text` settles its allele of `length` characters, whatever follows."""
    return len(strip(text)) >= length


def allele(text: str, ended: bool, length: int = DEFAULT_LENGTH) -> str:
    """The allele of a completion: its first `length` characters once stripped.

    A text that ended early gives a shorter allele; one that ended at once gives `END`.

    >>> allele("\\n the answer", ended=False)
    'the '
    >>> allele("", ended=True) == END
    True
    """
    stripped = strip(text)[:length]
    if stripped or ended:
        return stripped
    return BLANK
