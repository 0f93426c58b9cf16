"""Genomes: the prompts that models are asked, and how answers become alleles.

Inside: `genome` (genes, genomes, the bundled ones), `build` (genes from documents), `alleles`
(from a text to its allele). The bundled genomes are in bundled/.
"""
