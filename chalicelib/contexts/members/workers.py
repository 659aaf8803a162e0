"""What members' room does in the background: looking at the pictures that members hand in."""

import json
from typing import Any

from chalice import Blueprint

from chalicelib.aws.worker import Message, arrived_keys, each_message, worker
from chalicelib.contexts.members import service

bp = Blueprint(__name__)
PICTURES = "arn:aws:sqs:eu-west-1:000000000000:members-pictures"
"""A placeholder; infra/ gives the function its real queue."""


@bp.on_sqs_message(queue_arn=PICTURES, batch_size=1, name="members_on_picture")
@worker("members_on_picture")
def members_on_picture(event: Any) -> dict[str, Any]:
    """Look at the files that the bucket says have arrived."""
    return each_message(event, _look_at)


def _look_at(message: Message) -> None:
    for key in arrived_keys(json.loads(message.body)):
        service.arrived(key)
