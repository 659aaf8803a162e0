"""moto's tables answer, and the quick ones must say the same of every call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from infra.bare import create_tables
from tests.makers.quick import Cloud
from tests.makers.quick.tables import BATCH_WRITE_MAX
from tests.makers.quick_moto import empty_tables, quick_moto
from tests.makers.stage import STAGE, client

TOLD = ("Item", "Items", "Responses", "LastEvaluatedKey")
Answer = dict[str, Any] | ClientError


class TwoMinds(BaseException):
    """moto and the quick tables answer one call differently; no handler may take it for a fault."""


class Beside(Cloud):
    """A cloud whose rows lie in moto, and a second time in the quick tables."""

    def __init__(self, by_moto: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
        super().__init__()
        self._by_moto = by_moto
        self.compared = 0

    def call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Answer one call as moto does. Refuses `TwoMinds`.

        moto does a transaction again whose token it has seen, which DynamoDB does not: those the
        quick tables answer alone.
        """
        if service != "dynamodb" or self.tables.knows(params.get("ClientRequestToken", "")):
            return super().call(service, operation, params)
        quickly = _outcome(lambda: self.tables.call(operation, params))
        answer = _outcome(lambda: self._by_moto(operation, params))
        if _told(operation, quickly) != _told(operation, answer):
            raise TwoMinds(
                f"{operation} {params}: {_told(operation, quickly)}, by moto {_told(operation, answer)}"
            )
        self.compared += 1
        if isinstance(answer, ClientError):
            raise answer
        return answer

    def bring_back(self, kept: Any) -> None:
        super().bring_back(kept)
        empty_tables()
        for name, table in self.tables.rows.items():
            rows = [{"PutRequest": {"Item": row}} for row in table.values()]
            for first in range(0, len(rows), BATCH_WRITE_MAX):
                some = rows[first : first + BATCH_WRITE_MAX]
                self._by_moto("BatchWriteItem", {"RequestItems": {name: some}})


@contextmanager
def beside_moto() -> Iterator[Beside]:
    """Answer every call of botocore while the context lasts."""
    real = BaseClient._make_api_call  # type: ignore[attr-defined]
    with quick_moto():
        create_tables(client("dynamodb"), STAGE)
        cloud = Beside(lambda operation, params: real(client("dynamodb"), operation, params))

        def answer(asking: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            return cloud.call(asking.meta.service_model.service_name, operation, params)

        with patch.object(BaseClient, "_make_api_call", answer):
            yield cloud


def _outcome(ask: Callable[[], dict[str, Any]]) -> Answer:
    try:
        return ask()
    except ClientError as error:
        return error


def _told(operation: str, answer: Answer) -> Any:
    """What an answer says, whatever the order of what a scan or a batch reads."""
    if isinstance(answer, ClientError):
        reasons = answer.response.get("CancellationReasons", [])
        codes = [(one["Code"], one.get("Item")) for one in reasons]
        return answer.response["Error"]["Code"], answer.response.get("Item"), codes
    told = {name: answer[name] for name in TOLD if name in answer}
    if operation == "Scan":
        told["Items"] = sorted(told["Items"], key=_key)
    for name, rows in told.get("Responses", {}).items():
        told["Responses"] = told["Responses"] | {name: sorted(rows, key=_key)}
    return told


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["pk"]["S"], row["sk"]["S"]
