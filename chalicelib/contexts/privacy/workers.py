"""Privacy's handlers: the queue of what members asked, and the clock that looks again."""

from typing import Any

from chalice import Blueprint, Rate

from chalicelib.aws.worker import each_fact, worker
from chalicelib.contexts.privacy import service
from chalicelib.contexts.privacy.facts import ExportRequested, MemberErased

bp = Blueprint(__name__)
QUEUE_PLACEHOLDER = "arn:aws:sqs:eu-west-1:000000000000:privacy-requests"


@bp.on_sqs_message(queue_arn=QUEUE_PLACEHOLDER, batch_size=1, name="privacy_on_fact")
@worker("privacy_on_fact")
def privacy_on_fact(event: Any) -> dict[str, Any]:
    """Make an export, or erase what can be erased now."""
    handlers = {ExportRequested: service.make_export, MemberErased: service.carry_out}
    return each_fact(event, handlers)


@bp.schedule(Rate(1, unit=Rate.HOURS), name="privacy_sweep_due")
@worker("privacy_sweep_due")
def privacy_sweep_due(event: Any) -> dict[str, int]:
    """Go on with erasures that waited for orders to end."""
    del event
    return service.sweep_due()
