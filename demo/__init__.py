"""The demo marketplace's files: who sells, in which categories, what, and how it looks.

The loader of the local stack reads `merchants.json`, `categories.json` and `catalogue/*.csv` and
nothing else. `goods/*.toml` is where the goods are described; `python -m demo.catalogue` writes the
CSV files from it and `python -m demo.pictures` the pictures. Both outcomes are committed.
"""
