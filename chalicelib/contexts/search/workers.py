"""What search does in the background: building its index."""

from typing import Any

from chalice import Blueprint, Rate

from chalicelib.aws.worker import worker
from chalicelib.contexts.search.service import building

bp = Blueprint(__name__)


@bp.schedule(Rate(5, unit=Rate.MINUTES), name="search_build")
@worker("search_build")
def search_build(event: Any) -> dict[str, int]:
    """Build the index where enough changed since the last one, or a day went by."""
    del event
    return building.build_if_due()
