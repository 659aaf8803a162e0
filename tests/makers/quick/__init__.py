"""What Souk asks of AWS, answered in this process without signing, HTTP or JSON.

For suites that make hundreds of thousands of calls: a call costs a hundredth of what it costs with
moto. Rows are never changed in place, so that a stage can be put aside and brought back at once.
One caller at a time; what Souk does not use is refused. `tests/faults/crashes/test_quick_cloud.py`
holds it against moto.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from tests.makers.quick.services import Services
from tests.makers.quick.tables import Tables


class Cloud:
    """All of it; `put_aside` and `bring_back` keep it."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.services = Services()

    def call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Answer one call, or raise botocore's `ClientError`."""
        if service == "dynamodb":
            return self.tables.call(operation, params)
        return self.services.call(operation, params)

    def put_aside(self) -> Any:
        return self.tables.put_aside(), self.services.put_aside()

    def bring_back(self, kept: Any) -> None:
        self.tables.bring_back(kept[0])
        self.services.bring_back(kept[1])


@contextmanager
def quick_cloud() -> Iterator[Cloud]:
    """Answer every call of botocore while the context lasts."""
    cloud = Cloud()

    def answer(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
        return cloud.call(client.meta.service_model.service_name, operation, params)

    with patch.object(BaseClient, "_make_api_call", answer):
        yield cloud
