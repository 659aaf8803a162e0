"""Mails and short messages that Souk has handed to the emulator: one machine sends none further."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.local.door.server import Headers, Response
from infra.local.door.upstream import Upstream, UpstreamDown
from infra.local.sandbox.call import Call

MAILS = b"/_ministack/ses/messages"
TEXTS = b"/_ministack/sns/sms-messages"
SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class Message:
    """A mail, or a short message: those have no subject, and the emulator notes no time of them."""

    to: str
    text: str
    subject: str = ""
    at: str = ""


class Messages:
    """The page of what would have been sent; read from the emulator at each look, kept nowhere."""

    def __init__(self, emulator: Upstream) -> None:
        self._emulator = emulator

    async def page(self, call: Call) -> Response:
        """Show the newest first."""
        try:
            mails, texts = await self._read(MAILS), await self._read(TEXTS)
        except (UpstreamDown, ValueError):
            return call.page("messages", mails=[], texts=[], is_down=True)
        return call.page("messages", mails=_mails(mails), texts=_texts(texts), is_down=False)

    async def _read(self, target: bytes) -> dict[str, Any]:
        headers: Headers = [(b"host", b"127.0.0.1")]
        found: dict[str, Any] = json.loads(
            (await self._emulator.fetch("GET", target, headers, b"")).body
        )
        return found


def _mails(found: dict[str, Any]) -> list[Message]:
    every = [mail for account in found.get("messages", {}).values() for mail in account]
    every.sort(key=lambda mail: float(mail["Timestamp"]), reverse=True)
    return [
        Message(
            to=", ".join(mail["To"]),
            text=mail["BodyText"] or "",
            subject=mail["Subject"],
            at=datetime.fromtimestamp(float(mail["Timestamp"]), UTC).isoformat(timespec="seconds"),
        )
        for mail in every[:SHOWN_MAX]
    ]


def _texts(found: dict[str, Any]) -> list[Message]:
    return [
        Message(to=phone, text=text["Message"])
        for phone, texts in found.get("sms_messages", {}).items()
        for text in reversed(texts)
    ][:SHOWN_MAX]
