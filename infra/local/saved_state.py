"""Mends what the emulator saves but cannot use again as it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.local.layout import HOST, Layout, Ports
from infra.local.problems import LocalProblem


def mend(places: Layout, ports: Ports) -> None:
    """Make the saved state fit for a start on these ports. Raises `LocalProblem`.

    Addresses of queues hold the port of the start that made them, and readers find their queues by
    address: they are moved to the port of today. How far each stream handler had read is saved but
    not the stream, so a handler would skip as many new records: the positions are forgotten.
    Messages that somebody worked on are given back at once, since nobody does any more. Log lines
    would grow for ever: they are emptied.
    """
    _move_addresses(places, ports.aws)
    _rewrite(places.state / "lambda.json", _forget_stream_positions)
    _rewrite(places.state / "sqs.json", _give_messages_back)
    _rewrite(places.state / "cloudwatch_logs.json", _forget_log_lines)


def _move_addresses(places: Layout, port: int) -> None:
    last = places.state_port.read_text() if places.state_port.exists() else str(port)
    if last != str(port):
        for path in sorted(places.state.glob("*.json")):
            text = path.read_text()
            _replace(path, text.replace(f"{HOST}:{last}/", f"{HOST}:{port}/"))
    _replace(places.state_port, str(port))


def _rewrite(path: Path, change: Callable[[Any], None]) -> None:
    try:
        saved = json.loads(path.read_text())
    except FileNotFoundError:
        return
    except ValueError as broken:
        raise LocalProblem(
            f"{path} is broken ({broken}); `make reset` starts afresh, without its data"
        ) from broken
    change(saved["payload"])
    _replace(path, json.dumps(saved))


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(text)
    draft.replace(path)


def _forget_stream_positions(payload: Any) -> None:
    payload["dynamodb_stream_positions"]["data"] = {}


def _give_messages_back(payload: Any) -> None:
    for queue in payload["queues"]["data"].values():
        for message in queue["messages"]:
            if message["receive_count"]:
                message |= {"visible_at": message["sent_at"], "receipt_handle": None}


def _forget_log_lines(payload: Any) -> None:
    for group in payload["log_groups"]["data"].values():
        group["streams"] = {}
