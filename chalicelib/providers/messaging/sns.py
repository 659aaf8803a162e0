"""Amazon SNS as a carrier of short messages to phones (Publish with a PhoneNumber)."""

from chalicelib.aws.clients import call
from chalicelib.providers.messaging import Text

KIND = {
    "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"},
}
"""A code that comes late is of no use: SNS then delivers for reliability, not for the price."""


class Sns:
    """Sends to one phone at a time."""

    def send(self, text: Text) -> str:
        """Send a message; returns SNS's message id."""
        answer = call(
            "sns", "publish", PhoneNumber=text.to, Message=text.text, MessageAttributes=KIND
        )
        message_id: str = answer["MessageId"]
        return message_id
