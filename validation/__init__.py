"""Slow statistics outside the test suite: does it recover what is known?

`python -m validation` runs all, `python -m validation NAME …` some; each writes its tables to
docs/validation/NAME.md and its figures to docs/validation/.
"""
