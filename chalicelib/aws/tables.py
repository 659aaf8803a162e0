"""What PynamoDB items have in common: keys, indexes, documents, and one shared connection.

Table names come from the settings when an item is first used, so importing describes nothing and
calls nobody. All items share one botocore client: made once, hooked once, kept for the container.
"""

from typing import Any, Generic, TypeVar

import msgspec
from pynamodb.attributes import (
    Attribute,
    DiscriminatorAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.connection import Connection, TableConnection
from pynamodb.connection.base import MetaTable
from pynamodb.constants import STRING
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib.aws import retries
from chalicelib.aws.settings import settings

POOL_CONNECTIONS_MAX = 16

T = TypeVar("T")
_shared: list[Connection] = []


def connection() -> Connection:
    """Return the one connection to DynamoDB, made on first use and kept."""
    if not _shared:
        _shared.append(
            Connection(
                connect_timeout_seconds=retries.CONNECT_TIMEOUT_S,
                read_timeout_seconds=retries.READ_TIMEOUT_S,
                retry_configuration=retries.SEND_ONCE,
                max_pool_connections=POOL_CONNECTIONS_MAX,
            )
        )
    return _shared[0]


def forget_connection() -> None:
    """Drop the shared connection, so that the next use makes one for the present settings."""
    _shared.clear()
    Item.forget_all()


class DocumentAttribute(Attribute[T], Generic[T]):
    """A value of one type (dataclass, list or dict of them) kept as one JSON text.

    Reading costs one C call, whatever the size; what is queried or updated alone gets an attribute
    of its own instead.
    """

    attr_type = STRING

    def __init__(self, shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shape = shape
        self._decoder: msgspec.json.Decoder[T] | None = None

    def serialize(self, value: T) -> str:
        return msgspec.json.encode(value).decode()

    def deserialize(self, value: str) -> T:
        if self._decoder is None:
            self._decoder = msgspec.json.Decoder(self.shape)
        return self._decoder.decode(value)


class ByOwner(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Lists of one merchant, one member or one state, newest or oldest first. Sparse."""

    class Meta:
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    owner_at = UnicodeAttribute(range_key=True)


class ByDue(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Timers: rows of one shard, soonest first. Sparse: a row without a timer is not in it."""

    class Meta:
        index_name = "by_due"
        projection = AllProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class ByState(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Lists of one owner and state, in the order of `owner_at`. Sparse."""

    class Meta:
        index_name = "by_state"
        projection = AllProjection()

    state_owner = UnicodeAttribute(hash_key=True)
    owner_at = UnicodeAttribute(range_key=True)


class Item(Model):
    """A row of some table.

    Each room has a base item with `class Meta: room = "<room>"` and its own
    `kind = DiscriminatorAttribute()`, and subclasses with a discriminator each, so that a partition
    is read into the classes its rows were made of.
    """

    class Meta:
        table_name = ""
        room = ""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    expires_at = NumberAttribute(null=True)
    owner = UnicodeAttribute(null=True)
    owner_at = UnicodeAttribute(null=True)
    state_owner = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)

    by_owner = ByOwner()
    by_state = ByState()
    by_due = ByDue()

    @classmethod
    def table(cls) -> str:
        """Return the name of this item's table at this stage."""
        return settings().tables[cls.Meta.room]

    @classmethod
    def _get_connection(cls) -> TableConnection:
        """PynamoDB's own hook: a table connection over the one shared connection."""
        if cls.__dict__.get("_connection") is None:
            cls.Meta.table_name = cls.table()
            shared = connection()
            if cls.Meta.table_name not in shared._tables:  # noqa: SLF001 - no public question exists
                shared.add_meta_table(_meta_table(cls.Meta.table_name))
            table = TableConnection(cls.Meta.table_name)
            table.connection = shared
            cls._connection = table
        assert cls._connection is not None, "it was just made"
        return cls._connection

    @classmethod
    def forget_all(cls) -> None:
        """Drop the cached table connections of this class and every subclass."""
        cls._connection = None
        for subclass in cls.__subclasses__():
            subclass.forget_all()


def _meta_table(name: str) -> MetaTable:
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    owner = [("owner", "HASH"), ("owner_at", "RANGE")]
    state = [("state_owner", "HASH"), ("owner_at", "RANGE")]
    due = [("due_shard", "HASH"), ("due_at", "RANGE")]
    names = dict.fromkeys(name for name, _ in keys + owner + state + due)
    return MetaTable(
        {
            "TableName": name,
            "KeySchema": _schema(keys),
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in names],
            "GlobalSecondaryIndexes": [
                {"IndexName": "by_owner", "KeySchema": _schema(owner)},
                {"IndexName": "by_state", "KeySchema": _schema(state)},
                {"IndexName": "by_due", "KeySchema": _schema(due)},
            ],
            "LocalSecondaryIndexes": [],
        }
    )


def _schema(keys: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys]
