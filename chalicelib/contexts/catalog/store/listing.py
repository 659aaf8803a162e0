"""Rows of the built-in index.

`LIST#partition#order` / `sort value#code` and `TOKEN#word` / `weight#code` carry cards;
`LIST#partition` / `COUNTS` what a listing answers beside its cards, `TALLY` the exact counts behind
it; `SEARCH` / `CHANGED#code` what changed since search was built and `SEARCH` / `POINTER` what was
built; `LISTED#code` / `LISTED` what of a product is in the index; `DELTAS` / ulid changes of counts
that are not added up yet; `SOLD#code` / `SOLD` how many units of a product were paid for.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key, Position
from chalicelib.aws.tables import DocumentAttribute
from chalicelib.aws.transact import Write
from chalicelib.contexts.catalog.model.listing import (
    ALL,
    Delta,
    Entry,
    IndexRow,
    Marker,
    Order,
    Tally,
    category_counts,
    counts_pk,
    facets_of,
    list_pk,
)
from chalicelib.contexts.catalog.model.searchable import Searchable
from chalicelib.contexts.catalog.store.base import CatalogItem
from chalicelib.kernel import ids

DELTAS = "DELTAS"
SEARCH = "SEARCH"
CHANGED = "CHANGED#"
POINTER = "POINTER"
CHANGED_READ = 1_000


class ListingItem(CatalogItem, discriminator="LIST"):
    """One product in one listing or under one word, with its card as it is answered."""

    card = UnicodeAttribute()
    keys = UnicodeAttribute()
    values = UnicodeAttribute()


class ListedItem(CatalogItem, discriminator="LISTED"):
    """What of a product is in the index. Whoever changes that restates the revision it saw."""

    revision = NumberAttribute()
    document: DocumentAttribute[Marker] = DocumentAttribute(Marker)


class DeltaItem(CatalogItem, discriminator="DELTA"):
    """A change of counts, written with the change of rows that causes it, until it is added up."""

    document: DocumentAttribute[Delta] = DocumentAttribute(Delta)


class TallyItem(CatalogItem, discriminator="TALLY"):
    """The exact counts of a partition."""

    version = NumberAttribute()
    document: DocumentAttribute[Tally] = DocumentAttribute(Tally)


class CountsItem(CatalogItem, discriminator="COUNTS"):
    """What a listing answers beside its cards: `facets` is JSON text, bounded in size."""

    total = NumberAttribute()
    facets = UnicodeAttribute()
    categories: DocumentAttribute[dict[str, int]] = DocumentAttribute(dict[str, int], null=True)


class SoldItem(CatalogItem, discriminator="SOLD"):
    """How many units of a product were paid for."""

    units = NumberAttribute()


class ChangedItem(CatalogItem, discriminator="CHANGED"):
    """What search must know of a product that changed since it was built; no `told` where it left.

    Written with the index's rows, so that search follows whatever the index follows. `stamp` is new
    with every change: what a build has seen is removed only where it still is what was seen.
    """

    stamp = UnicodeAttribute()
    told: DocumentAttribute[Searchable] = DocumentAttribute(Searchable, null=True)

    @property
    def code(self) -> str:
        return self.sk.removeprefix(CHANGED)


class PointerItem(CatalogItem, discriminator="POINTER"):
    """The index that search reads: the object that holds it, and the digest of its bytes.

    `format` is what its maker understood by an index; `is_unwanted` asks for another at once.
    """

    object = UnicodeAttribute()
    digest = UnicodeAttribute()
    built_at = UnicodeAttribute()
    products = NumberAttribute()
    format = NumberAttribute(default=0)
    is_unwanted = BooleanAttribute(null=True)


class FoundRow(Struct, frozen=True):
    """A row of the index as a listing reads it; keys and values where it narrows or sorts."""

    sk: str
    card: str
    keys: str = ""
    values: str = ""


class _CardReader:
    """Reads index rows without PynamoDB's attribute-by-attribute decoding, which a listing feels."""

    @staticmethod
    def table() -> str:
        return ListingItem.table()

    @staticmethod
    def from_raw_data(raw: dict[str, Any]) -> FoundRow:
        if "keys" not in raw:
            return FoundRow(raw["sk"]["S"], raw["card"]["S"])
        return FoundRow(raw["sk"]["S"], raw["card"]["S"], raw["keys"]["S"], raw["values"]["S"])


def cards(
    pk: str,
    *,
    limit: int,
    forward: bool = True,
    between: tuple[str, str] | None = None,
    after: str = "",
    is_whole: bool = True,
) -> tuple[list[FoundRow], str]:
    """Read a page of a listing or word; `after` is the sort key to go on behind.

    Rows that are not to be whole come without keys and values. Returns the rows and the sort key where the next page goes on, empty at the end.
    """
    start: Position | None = {"pk": {"S": pk}, "sk": {"S": after}} if after else None
    rows: Any = reads.query(
        _CardReader,
        pk,
        limit=limit,
        forward=forward,
        between=between,
        start=start,
        attributes=("sk", "card", "keys", "values") if is_whole else ("sk", "card"),
    )
    return rows.items, rows.position["sk"]["S"] if rows.position else ""


def counts(partition: str) -> CountsItem | None:
    """Read what a partition counts; None for one that never had a product."""
    return reads.get(CountsItem, counts_pk(partition), "COUNTS")


def counts_key(partition: str) -> Key:
    """Where a partition's counts lie."""
    return Key(CountsItem, counts_pk(partition), "COUNTS")


def listed_key(code: str) -> Key:
    """Where it stands what of a product is in the index."""
    return Key(ListedItem, f"LISTED#{code}", "LISTED")


def sold_key(code: str) -> Key:
    """Where the units sold of a product are counted."""
    return Key(SoldItem, f"SOLD#{code}", "SOLD")


def change(
    code: str,
    seen: ListedItem | None,
    entry: Entry,
    after: Marker,
    delta: Delta,
    *,
    is_afresh: bool = False,
) -> list[Write]:
    """Contribute that the index holds an entry of a product in place of what was seen.

    Rows that stay as they are are not written, unless `is_afresh`. Fails when somebody else changed
    it meanwhile.
    """
    before = seen.document.rows if seen else {}
    known = {} if is_afresh else before
    writes = [_mark(code, seen, after), _changed(code, entry)]
    writes += [transact.put(_row(row)) for row in entry.rows if known.get(row.place) != row.digest]
    writes += [transact.delete(_place(place)) for place in before if place not in after.rows]
    if delta.changes:
        writes.append(transact.create(DeltaItem(pk=DELTAS, sk=ids.ulid(), document=delta)))
    return writes


def searched() -> tuple[list[ChangedItem], PointerItem | None, bool]:
    """Read what search is made of: what changed, the pointer, whether that is all. One round trip.

    The pointer is read after what changed: a build publishes it before it removes what it holds.
    """
    rows = reads.query(CatalogItem, SEARCH, limit=CHANGED_READ)
    changed = [row for row in rows.items if isinstance(row, ChangedItem)]
    pointer = [row for row in rows.items if isinstance(row, PointerItem)]
    return changed, pointer[0] if pointer else None, rows.position is None


def all_changed() -> list[ChangedItem]:
    """Read everything that changed since search was built. For the worker that builds it."""
    return list(reads.query_all(ChangedItem, SEARCH, begins_with=CHANGED))


def pointer() -> PointerItem | None:
    """Read which index search reads."""
    return reads.get(PointerItem, SEARCH, POINTER)


def point(new: PointerItem, seen: PointerItem | None) -> Write:
    """Contribute which index search reads from now on. Fails where it moved since it was seen."""
    new.pk, new.sk = SEARCH, POINTER
    if seen is None:
        return transact.create(new)
    return transact.put(new, _still(seen))


def unwanted(seen: PointerItem) -> Write:
    """Contribute that the index is to be built anew. Fails where it moved since it was seen."""
    place = PointerItem(pk=SEARCH, sk=POINTER)
    return transact.update(place, [PointerItem.is_unwanted.set(True)], _still(seen))


def caught_up(row: ChangedItem) -> Write:
    """Contribute that a change is in the published index. Fails where it changed again since."""
    return transact.delete(ChangedItem(pk=row.pk, sk=row.sk), ChangedItem.stamp == row.stamp)


def card_key(code: str, created_at: str) -> Key:
    """Where a listed product's card lies."""
    return Key(ListingItem, list_pk(ALL, Order.NEWEST), f"{created_at}#{code}")


def waiting(limit: int) -> Sequence[DeltaItem]:
    """Read changes of counts that are not added up yet, oldest first."""
    return reads.query(DeltaItem, DELTAS, limit=limit).items


def tally_key(partition: str) -> Key:
    """Where a partition's exact counts lie."""
    return Key(TallyItem, counts_pk(partition), "TALLY")


def add_up(
    deltas: Sequence[DeltaItem], tallies: dict[str, tuple[TallyItem | None, Tally]]
) -> list[Write]:
    """Contribute new tallies in place of those seen, and that the deltas in them are spent."""
    writes = [
        transact.delete(DeltaItem(pk=one.pk, sk=one.sk), DeltaItem.pk.exists()) for one in deltas
    ]
    for partition, (seen, tally) in tallies.items():
        writes += _tally(partition, seen, tally)
    return writes


def sell(code: str, units: int) -> Write:
    """Contribute that more units of a product were paid for."""
    key = sold_key(code)
    actions = [SoldItem.kind.set(SoldItem), SoldItem.units.add(units)]
    return transact.update(SoldItem(pk=key.pk, sk=key.sk), actions)


def _still(seen: PointerItem) -> Condition:
    same = (PointerItem.digest == seen.digest) & (PointerItem.built_at == seen.built_at)
    row = PointerItem.is_unwanted
    both: Condition = same & (row.exists() if seen.is_unwanted else row.does_not_exist())
    return both


def _tally(partition: str, seen: TallyItem | None, tally: Tally) -> list[Write]:
    key = tally_key(partition)
    version = int(seen.version) if seen else 0
    row = TallyItem(pk=key.pk, sk=key.sk, version=version + 1, document=tally)
    unseen = TallyItem.pk.does_not_exist()
    counted = CountsItem(
        pk=key.pk,
        sk="COUNTS",
        total=max(tally.total, 0),
        facets=msgspec.json.encode(facets_of(tally)).decode(),
        categories=category_counts(tally) if partition == ALL else None,
    )
    same = TallyItem.version == version if seen else unseen
    return [transact.put(row, same), transact.put(counted)]


def _mark(code: str, seen: ListedItem | None, marker: Marker) -> Write:
    key = listed_key(code)
    revision = int(seen.revision) if seen else 0
    row = ListedItem(pk=key.pk, sk=key.sk, revision=revision + 1, document=marker)
    if seen is None:
        return transact.create(row)
    return transact.put(row, ListedItem.revision == revision)


def _changed(code: str, entry: Entry) -> Write:
    row = ChangedItem(pk=SEARCH, sk=CHANGED + code, stamp=ids.ulid(), told=entry.told)
    return transact.put(row)


def _row(row: IndexRow) -> ListingItem:
    return ListingItem(pk=row.pk, sk=row.sk, card=row.card, keys=row.keys, values=row.values)


def _place(place: str) -> ListingItem:
    pk, _, sk = place.partition("\x1f")
    return ListingItem(pk=pk, sk=sk)
