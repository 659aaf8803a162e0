"""What shoppers type leads to what they mean."""

from pathlib import Path

from bench.relevance import QUERIES, RIGHT_MIN, shelf, wrong
from chalicelib.contexts.search.model import index


def test_nearly_all_queries_have_their_product_in_the_top_three(tmp_path: Path) -> None:
    index.write(shelf(), tmp_path)
    missed = wrong(index.opened(tmp_path))
    assert len(QUERIES) >= 60
    assert 100 * (1 - len(missed) / len(QUERIES)) >= RIGHT_MIN, missed
