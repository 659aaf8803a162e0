"""What the stack's outputs mean: which table is whose, where each queue and its dead letters are."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.access import CannotOperate
from infra.deploy import Outputs, stack_outputs
from infra.wiring import QUEUES, STREAM, TABLES, stack_name


@dataclass(frozen=True, slots=True)
class QueueUrls:
    """A workflow's queue; `url` is empty for the outbox stream, which has dead letters alone."""

    url: str
    dead_letter_url: str


def of(stage: str) -> Outputs:
    """The outputs of the stage's stack, which must stand."""
    found = stack_outputs(stage)
    if not found:
        raise CannotOperate(f"There is no stack {stack_name(stage)}: make deploy STAGE={stage}")
    return found


def tables(outputs: Mapping[str, str]) -> dict[str, str]:
    """Room -> the name of its table."""
    return {table.room: outputs[table.logical_id] for table in TABLES}


def queues(outputs: Mapping[str, str]) -> dict[str, QueueUrls]:
    """Short name (`settlement`, `orders-timeline`) -> its queue."""
    found = {
        queue.key: QueueUrls(
            url=outputs[f"{queue.logical_id}Url"],
            dead_letter_url=outputs[f"{queue.dead_logical_id}Url"],
        )
        for queue in QUEUES
    }
    found[STREAM.key] = QueueUrls(url="", dead_letter_url=outputs[f"{STREAM.dead_logical_id}Url"])
    return found
