"""The bank: every answer ever sampled, in a folder anyone can open with pandas.

Inside: `parts` (one parquet file), `bank` (what a bank holds, allele counts of it), `share` (banks
joined), `remote` (places fsspec can reach). Next door: `phylolm.sequencing` fills it.
"""
