"""The bus, queues, mail and files in this process. What is sent is taken; a `Machine` hears it."""

import io
from collections.abc import Callable
from itertools import count
from typing import Any

from botocore.exceptions import ClientError


class Services:
    """Files by bucket and key, and how many mails were sent."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], bytes] = {}
        self.mails = 0
        self._numbers = count(1)

    def put_aside(self) -> Any:
        return dict(self.files), self.mails

    def bring_back(self, kept: Any) -> None:
        self.files, self.mails = dict(kept[0]), kept[1]

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "PutEvents": self._put_events,
            "SendMessageBatch": self._send_messages,
            "SendEmail": self._send_mail,
            "SendRawEmail": self._send_mail,
            "PutObject": self._put_file,
            "GetObject": self._get_file,
            "HeadObject": self._head_file,
            "DeleteObject": self._remove_file,
        }
        return answers[operation](params)

    def _put_events(self, params: dict[str, Any]) -> dict[str, Any]:
        entries = [{"EventId": f"event-{next(self._numbers)}"} for _ in params["Entries"]]
        return {"FailedEntryCount": 0, "Entries": entries}

    def _send_messages(self, params: dict[str, Any]) -> dict[str, Any]:
        taken = [
            {"Id": one["Id"], "MessageId": f"message-{next(self._numbers)}"}
            for one in params["Entries"]
        ]
        return {"Successful": taken}

    def _send_mail(self, _params: dict[str, Any]) -> dict[str, Any]:
        self.mails += 1
        return {"MessageId": f"mail-{next(self._numbers)}"}

    def _put_file(self, params: dict[str, Any]) -> dict[str, Any]:
        body = params["Body"]
        content = body if isinstance(body, bytes) else body.read()
        self.files[params["Bucket"], params["Key"]] = content
        return {}

    def _get_file(self, params: dict[str, Any]) -> dict[str, Any]:
        content = self._found(params, "GetObject", "NoSuchKey")
        if "Range" in params:
            first, _, last = params["Range"].removeprefix("bytes=").partition("-")
            if int(first) >= len(content):
                raise _error("InvalidRange", "GetObject")
            content = content[int(first) : int(last) + 1]
        return {"Body": io.BytesIO(content), "ContentLength": len(content)}

    def _head_file(self, params: dict[str, Any]) -> dict[str, Any]:
        return {"ContentLength": len(self._found(params, "HeadObject", "404"))}

    def _remove_file(self, params: dict[str, Any]) -> dict[str, Any]:
        self.files.pop((params["Bucket"], params["Key"]), None)
        return {}

    def _found(self, params: dict[str, Any], operation: str, code: str) -> bytes:
        content = self.files.get((params["Bucket"], params["Key"]))
        if content is None:
            raise _error(code, operation)
        return content


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)
