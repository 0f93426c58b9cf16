"""Ancestry: which models are kin, and how well known kinship is found.

Inside: `kin` (`identify`, `compare`), `permutation` (a compiled loop of its test), `recovery`
(scores against known or declared lineage).
"""
