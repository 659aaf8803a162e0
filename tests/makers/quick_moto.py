"""moto made quick enough for thousands of tests, and for imports and races of hundreds of products.

Before a transaction moto copies every table it names whole, once for each write, to be able to go
back. Here each is copied once, no partition but those that are written to, and rows not deeper than
their attributes: none of ours is changed below that, for nested values are documents. A table is described to moto once a process,
and PynamoDB's connection is made once. What a function asks of DynamoDB is checked and written by
botocore and then handed to moto as it is, and the answer handed back: neither signed, sent, routed
and read again, nor written as JSON and read again. Of moto's services only ours are there. Expressions
are read once a process, see `moto_expressions`.
"""

import copy
import json
from collections import defaultdict
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.endpoint import Endpoint
from botocore.model import OperationModel
from moto import backend_index, mock_aws
from moto.core import models as core
from moto.core.exceptions import JsonRESTError
from moto.dynamodb import models
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from pynamodb.connection import Connection

from chalicelib.aws import tables
from infra.bare import create_tables
from tests.makers import moto_expressions
from tests.makers.stage import ACCOUNT, REGION, STAGE, client, create_surroundings

SERVICES = {"dynamodb", "events", "s3", "s3control", "ses", "sesv2", "sns", "sqs", "sts"}
OF_ROWS = {
    *("GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"),
    *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
}
_urls = [one for one in backend_index.backend_url_patterns if one[0] in SERVICES]
_blank: dict[str, Table] = {}
"""The stage's tables as moto made them, without a row."""
_connection: list[Connection] = []


@contextmanager
def quick_moto() -> Iterator[None]:
    """Use moto, in its quicker manner, while the context lasts."""
    copies: dict[int, Table] = {}
    touched: set[str] = set()
    whole = models.DynamoDBBackend.transact_write_items

    class Copier:
        @staticmethod
        def deepcopy(value: Any) -> Any:
            if not isinstance(value, Table):
                return copy.deepcopy(value)
            if id(value) not in copies:
                copies[id(value)] = _copied(value, touched)
            return copies[id(value)]

    def transact(self: Any, items: Any) -> None:
        copies.clear()
        touched.clear()
        writes = [write for item in items for write in item.values()]
        touched.update(write.get("Key", write.get("Item"))["pk"]["S"] for write in writes)
        whole(self, items)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend_index, "backend_url_patterns", _urls)
        patch.setattr(core, "RESPONSES_METHODS", [])  # of `requests`, which nothing here asks with
        patch.setattr(models, "copy", Copier)
        patch.setattr(models.DynamoDBBackend, "transact_write_items", transact)
        patch.setattr(Endpoint, "make_request", _handed_over(Endpoint.make_request))
        moto_expressions.read_once(patch)
        with mock_aws():
            yield


def _handed_over(by_http: Callable[..., Any]) -> Callable[..., Any]:
    """Answer what is asked of tables' rows without HTTP, and the rest as botocore does."""

    def make_request(self: Endpoint, operation: OperationModel, request: dict[str, Any]) -> Any:
        is_known = operation.service_model.service_name == "dynamodb" and operation.name in OF_ROWS
        if not is_known or f".{REGION}.amazonaws.com" not in request["url"]:
            return by_http(self, operation, request)
        handler = DynamoHandler()
        handler.region, handler.current_account = REGION, ACCOUNT
        handler.body = handler.params = json.loads(request["body"])
        try:
            result = getattr(handler, xform_name(operation.name))().result
        except JsonRESTError as error:
            return _refusal(self, operation, request["url"], error)
        told = {name: result[name] for name in operation.output_shape.members if name in result}
        parsed = {name: value for name, value in told.items() if value is not None}
        parsed["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}
        return AWSResponse(request["url"], 200, {}, None), parsed

    return make_request


def _refusal(endpoint: Endpoint, operation: OperationModel, url: str, error: JsonRESTError) -> Any:
    """What botocore reads in the refusal that moto wrote."""
    answer = {
        "status_code": error.code,
        "headers": {},
        "context": {},
        "body": error.description.encode(),
    }
    parser = endpoint._response_parser_factory.create_parser("json")
    parsed = parser.parse(answer, operation.output_shape)
    endpoint._add_modeled_error_fields(answer, parsed, operation, parser)
    return AWSResponse(url, error.code, {}, None), parsed


@contextmanager
def kept_connection() -> Iterator[None]:
    """Go on with PynamoDB's connection of the stage before, for both are the same to it."""
    tables.forget_connection()
    tables._shared.extend(_connection)
    yield
    _connection[:] = tables._shared
    tables.forget_connection()


def create_stage() -> None:
    """Make a stage whose tables are described to moto once a process, and copied from then on."""
    described = models.dynamodb_backends[ACCOUNT][REGION].tables
    if not _blank:
        create_tables(client("dynamodb"), STAGE)
        _blank.update(described)
    described.update({name: _copied(table) for name, table in _blank.items()})
    create_surroundings()


def kept() -> Callable[[], None]:
    """Remember every row of the stage; what comes back puts all of them in again.

    moto puts other tables in the place of those that a refused transaction touched, so they are
    found by their names.
    """
    clones = {table.name: _copied(table) for table in _tables()}

    def put_back() -> None:
        for table in _tables():
            table.items = _copied(clones[table.name]).items

    return put_back


def empty_tables() -> None:
    """Forget every row of the stage: for tests that try many examples on one stage."""
    for table in _tables():
        table.items.clear()


def _tables() -> list[Table]:
    return [
        table
        for backends in models.dynamodb_backends.values()
        for backend in backends.values()
        for table in backend.tables.values()
    ]


def _copied(table: Table, touched: Container[str] | None = None) -> Table:
    """Copy a table; where it is known which partitions will be `touched`, those alone."""
    clone = copy.copy(table)
    clone.items = defaultdict(dict)
    for partition, rows in table.items.items():
        is_left_alone = touched is not None and partition.value not in touched
        copied = rows if is_left_alone else {name: _row(row) for name, row in rows.items()}
        clone.items[partition] = copied
    return clone


def _row(row: Any) -> Any:
    """Copy a row past the size limit of moto's dictionary, which would be counted at every name."""
    clone = object.__new__(type(row))
    clone.__dict__.update(row.__dict__)
    clone.attrs = dict.__new__(type(row.attrs))
    dict.update(clone.attrs, row.attrs)
    return clone
