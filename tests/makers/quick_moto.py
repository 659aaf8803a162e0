"""moto made quick enough for thousands of tests, and for imports and races of hundreds of products.

Before a transaction moto copies every table it names whole, once for each write, to be able to go
back. Here each is copied once, and its rows not deeper than their attributes: no row of ours is
changed below that, for nested values are documents. A table is described to moto once a process,
PynamoDB's connection is made once, and answers of DynamoDB, which moto holds as plain dicts, are
not asked for every spelling that an object's attribute might have.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws
from moto.core.serialize import ResponseSerializer
from moto.dynamodb import models
from moto.dynamodb.models.table import Table
from pynamodb.connection import Connection

from chalicelib.aws import tables
from infra.bare import create_tables
from tests.makers.stage import ACCOUNT, REGION, STAGE, client, create_surroundings

_blank: dict[str, Table] = {}
"""The stage's tables as moto made them, without a row."""
_connection: list[Connection] = []


@contextmanager
def quick_moto() -> Iterator[None]:
    """Use moto, in its quicker manner, while the context lasts."""
    copies: dict[int, Table] = {}
    whole = models.DynamoDBBackend.transact_write_items
    picked = ResponseSerializer.get_value

    class Copier:
        @staticmethod
        def deepcopy(value: Any) -> Any:
            if not isinstance(value, Table):
                return copy.deepcopy(value)
            if id(value) not in copies:
                copies[id(value)] = _copied(value)
            return copies[id(value)]

    def transact(self: Any, items: Any) -> None:
        copies.clear()
        whole(self, items)

    def pick(self: Any, value: Any, key: str, shape: Any) -> Any:
        if type(value) is dict and self.operation_model.service_model.service_name == "dynamodb":
            return value.get(key)
        return picked(self, value, key, shape)

    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setattr(models, "copy", Copier)
        patch.setattr(models.DynamoDBBackend, "transact_write_items", transact)
        patch.setattr(ResponseSerializer, "get_value", pick)
        yield


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
        _blank.update(copy.deepcopy(described))
    described.update(copy.deepcopy(_blank))
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


def _copied(table: Table) -> Table:
    clone = copy.copy(table)
    clone.items = defaultdict(dict)
    for hash_value, rows in table.items.items():
        clone.items[hash_value] = {name: _row(row) for name, row in rows.items()}
    return clone


def _row(row: Any) -> Any:
    """Copy a row past the size limit of moto's dictionary, which would be counted at every name."""
    clone = object.__new__(type(row))
    clone.__dict__.update(row.__dict__)
    clone.attrs = type(row.attrs)()
    dict.update(clone.attrs, row.attrs)
    return clone
