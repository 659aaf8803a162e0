"""Search without AWS: words, and the index as a folder."""
