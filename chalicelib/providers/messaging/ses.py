"""Amazon SES as a carrier of mails (SendEmail of its first API, with both bodies in UTF-8)."""

from chalicelib.aws.clients import call
from chalicelib.aws.settings import settings
from chalicelib.providers.messaging import Mail

CHARSET = "UTF-8"


class Ses:
    """Sends from the stage's own address."""

    def send(self, mail: Mail) -> str:
        """Send a mail; returns SES's message id."""
        answer = call(
            "ses",
            "send_email",
            Source=settings().mail_from,
            Destination={"ToAddresses": [mail.to]},
            Message={
                "Subject": _content(mail.subject),
                "Body": {"Text": _content(mail.text), "Html": _content(mail.html)},
            },
        )
        message_id: str = answer["MessageId"]
        return message_id


def _content(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": CHARSET}
