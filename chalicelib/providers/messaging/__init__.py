"""Messages to people, by whoever carries them: the port, and the way to its adapter."""

from typing import Protocol

from msgspec import Struct


class Mail(Struct, frozen=True):
    """A mail in one language, as text and as HTML."""

    to: str
    subject: str
    text: str
    html: str


class Text(Struct, frozen=True):
    """A short message to a phone, its number in E.164."""

    to: str
    text: str


class Texter(Protocol):
    """Whoever carries short messages."""

    def send(self, text: Text) -> str:
        """Hand a message over; returns the carrier's id of it. Raises when it was not taken."""


class Mailer(Protocol):
    """Whoever carries mails."""

    def send(self, mail: Mail) -> str:
        """Hand a mail over; returns the carrier's id of it. Raises when it was not taken."""


def mailer() -> Mailer:
    """Return the carrier of this stage."""
    from chalicelib.providers.messaging.ses import Ses

    return Ses()


def texter() -> Texter:
    """Return the carrier of short messages of this stage."""
    from chalicelib.providers.messaging.sns import Sns

    return Sns()
