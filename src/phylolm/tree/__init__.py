"""Trees: built, rooted, supported, compared, read and written.

Inside: `tree` (`Tree`), `arrays` and `rooting` (work on its arrays), `newick` and `files`
(formats), `nj` (compiled loops), `build` (distances to trees), `support`, `compare`, `clades`;
`analysis` goes from counts to a finished tree.
"""
