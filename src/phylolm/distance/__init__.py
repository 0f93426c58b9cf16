"""Distances between models: allele counts, measures, the matrix, a map of it.

Inside: `counts` (`AlleleCounts`), `measures` (Nei 1978 and others, jackknife, bootstrap),
`divergence` (a compiled loop), `matrix` (`DistanceMatrix`, its files), `ordination` (principal
coordinates).
"""
