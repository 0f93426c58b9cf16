"""Sequencing: filling a bank.

Inside: `fill` (from live models), `stream` (keeping what servers answer as it comes), `imported`
(from recorded completions), `plan` (what a run will take), `gene_writer` (genes written by models),
`engines` (where sampling runs).
"""
