"""moto's transactions, made quick enough to test imports and races of hundreds of products.

Before a transaction moto copies every table it names whole, once for each write, to be able to go
back. Here each is copied once, and its rows not deeper than their attributes: no row of ours is
changed below that, for nested values are documents.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.dynamodb import models
from moto.dynamodb.models.table import Table


@contextmanager
def quick_transactions() -> Iterator[None]:
    """Use the cheaper copies while the context lasts."""
    copies: dict[int, Table] = {}
    whole = models.DynamoDBBackend.transact_write_items

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

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "copy", Copier)
        patch.setattr(models.DynamoDBBackend, "transact_write_items", transact)
        yield


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
