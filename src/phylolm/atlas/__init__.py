"""The atlas: every model of a hub catalogue, named, clustered, linked and audited.

    catalogue → names → n-grams → clusters, tree → graph, communities
              → lineage → statistics, search, audit

Inside: `columns` and `catalogue` read what people have; `names` parses ids; the rest works on
their tables and arrays. Nothing here needs a network.
"""
