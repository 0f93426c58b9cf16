"""Every error a user may meet. An expected error is one line: what, where, what to do.

PhylolmError
├── ConfigError        a setting, flag, model spec or file format is wrong        (exit 2)
├── DataError          the content of an input file, genome or bank is wrong       (exit 1)
│   └── BankError      a bank is damaged, newer than this version, or ambiguous    (exit 1)
├── BudgetError        the calls or the money allowed are used up; what came is kept (exit 3)
└── BackendError       a model or server can't be reached, loaded or trusted       (exit 4)

The command line catches PhylolmError once, in `phylolm.cli`; anything else is a bug
and shows its traceback.
"""

from collections.abc import Iterable


class PhylolmError(Exception):
    """Something expected went wrong; the message is one line fit for a user."""

    exit_code = 1


class ConfigError(PhylolmError):
    """A setting, flag, model spec or file format is wrong."""

    exit_code = 2


class DataError(PhylolmError):
    """The content of an input file, genome or bank is wrong."""


class BankError(DataError):
    """A bank is damaged, from a newer version, or ambiguous."""


class BudgetError(PhylolmError):
    """The calls or the money allowed are used up; what came is kept."""

    exit_code = 3


class BackendError(PhylolmError):
    """A model or server can't be reached, loaded or trusted."""

    exit_code = 4


def listed(names: Iterable[str], most: int = 6) -> str:
    """The first few of many names for a message, and how many more there are."""
    all_names = list(names)
    more = f" and {len(all_names) - most} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + more
