"""Search as the shop has it: built, published, followed, and done without when it is broken."""

import errno
import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.aws import files
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.service import Wish
from chalicelib.contexts.catalog.store import listing as store
from chalicelib.contexts.search import workers
from chalicelib.contexts.search.model import index
from chalicelib.contexts.search.service import building, packing, reading, rebuild, search, suggest
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.errors import BadCursor, Forbidden
from tests.makers.index import caught_up
from tests.makers.round_trips import counted
from tests.makers.shop import CATEGORIES, Shop, a_product
from tests.makers.stage import REGION, client

BUCKET = "test-souk-search"
TICK = {
    "version": "0",
    "account": "000000000000",
    "region": "eu-west-1",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-03-02T09:00:00Z",
    "id": "1",
    "resources": [],
}


@pytest.fixture
def shop(stage: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("SOUK_SEARCH_BUCKET", BUCKET)
    settings.cache_clear()
    where = {"LocationConstraint": REGION}
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    yield Shop()
    reading.forget()
    settings.cache_clear()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A clock that moves on by so many seconds when it is told to."""
    at = [clock.now()]
    former = clock.use(lambda: at[0])

    def move(seconds: float) -> None:
        at[0] += timedelta(seconds=seconds)

    yield move
    clock.use(former)


def on_shelf(shop: Shop, code: str, title: str, price: int = 1_000) -> str:
    seller = shop.merchant()
    catalog.load_categories(SYSTEM, CATEGORIES)
    made = catalog.create(seller.actor, replace(a_product(code, price), title=title))
    caught_up(made.id)
    return made.id


def titles(**wish: Any) -> list[str]:
    return [card.title for card in search(Wish(**wish)).decoded()]


def built() -> dict[str, int]:
    told: dict[str, int] = workers.search_build(TICK, None)
    return told


def test_a_published_index_answers_with_total_and_facets(shop: Shop) -> None:
    on_shelf(shop, "A", "Blue linen shirt", 2_500)
    on_shelf(shop, "B", "Red cotton shirt", 1_500)
    assert search(Wish(q="shirt", min_price=2_000)).total == 1
    assert search(Wish(q="shirt", min_price=2_000)).facets == "[]"
    assert built() == {"products": 2, "changes": 2}
    reading.forget()
    found = search(Wish(q="shirt", min_price=2_000))
    assert [card.title for card in found.decoded()] == ["Blue linen shirt"]
    assert found.total == 1
    facets = {one["name"]: one["values"] for one in json.loads(found.facets)}
    assert facets["merchant"][0]["count"] == 1
    assert facets["merchant"][0]["label"] == "Acme"
    assert search(Wish(q="lnen shirt")).did_you_mean == "linen shirt"
    assert suggest("lin") == ["Blue linen shirt"]


@pytest.mark.parametrize("has_index", [True, False])
def test_phrases_and_unwanted_words(shop: Shop, has_index: bool) -> None:
    on_shelf(shop, "A", "Blue linen shirt")
    on_shelf(shop, "B", "Linen and blue shirt")
    on_shelf(shop, "C", "红色陶瓷茶杯")
    if has_index:
        built()
    assert titles(phrase="blue linen") == ["Blue linen shirt"]
    assert titles(q="shirt", phrase="linen and") == ["Linen and blue shirt"]
    assert titles(phrase="陶瓷茶") == ["红色陶瓷茶杯"]
    assert titles(phrase="?!") == []
    assert titles(q="shirt", without="AND *") == ["Blue linen shirt"]
    assert titles(without="linen 瓷陶") == ["红色陶瓷茶杯"]
    assert titles(without="陶瓷 blue") == []
    assert len(titles(without="...")) == 3


def test_pages_go_on_where_the_last_one_ended(shop: Shop) -> None:
    for number in range(5):
        on_shelf(shop, f"A{number}", f"Shirt {number}", 1_000 + number)
    built()
    first = search(Wish(q="shirt", sort="price_asc", limit=2))
    cursor = first.next_cursor or ""
    second = search(Wish(q="shirt", sort="price_asc", limit=2, cursor=cursor))
    last = search(Wish(q="shirt", sort="price_asc", limit=2, cursor=second.next_cursor or ""))
    seen = [card.title for page in (first, second, last) for card in page.decoded()]
    assert seen == [f"Shirt {number}" for number in range(5)]
    assert last.next_cursor is None
    with pytest.raises(BadCursor):
        search(Wish(q="shirt", limit=2, cursor=cursor))


def test_what_changes_is_found_within_seconds(shop: Shop, later: Any) -> None:
    first = on_shelf(shop, "A", "Blue linen shirt")
    built()
    assert titles(q="shirt") == ["Blue linen shirt"]
    on_shelf(shop, "B", "Red cotton shirt")
    catalog.remove(shop.merchant().actor, first)
    caught_up(first)
    later(5)
    assert titles(q="shirt") == ["Red cotton shirt"]


def test_what_nobody_finds_yet_is_looked_for_again(shop: Shop, later: Any) -> None:
    on_shelf(shop, "A", "Blue linen shirt")
    built()
    assert titles(q="kettle") == []
    on_shelf(shop, "B", "Copper kettle")
    later(1)
    assert titles(q="kettle") == ["Copper kettle"]


def test_what_left_is_not_shown_even_before_the_index_knows(shop: Shop, later: Any) -> None:
    first = on_shelf(shop, "A", "Blue linen shirt")
    built()
    assert titles(q="shirt") == ["Blue linen shirt"]
    catalog.remove(shop.merchant().actor, first)
    caught_up(first)
    later(1)
    assert titles(q="shirt") == []


def test_a_warm_search_is_one_round_trip_and_two_when_it_looks(shop: Shop, later: Any) -> None:
    on_shelf(shop, "A", "Blue linen shirt")
    built()
    search(Wish(q="shirt"))
    with counted() as trips:
        search(Wish(q="shirt"))
    assert len(trips) == 1
    later(5)
    with counted() as trips:
        search(Wish(q="shirt"))
    assert len(trips) == 2


def republished(body: bytes) -> None:
    """Publish these bytes in place of the index, with a pointer that vouches for them."""
    pointer = store.pointer()
    assert pointer is not None
    files.put(BUCKET, pointer.object, body, content_type="application/gzip")
    pointer.digest = hashlib.sha256(body).hexdigest()
    pointer.save()


def packed_index() -> bytes:
    pointer = store.pointer()
    assert pointer is not None
    body = files.get(BUCKET, pointer.object)
    assert body is not None
    return body


def edited(**values: Any) -> None:
    pointer = store.pointer()
    assert pointer is not None
    for name, value in values.items():
        setattr(pointer, name, value)
    pointer.save()


def swapped(body: bytes) -> None:
    pointer = store.pointer()
    assert pointer is not None
    files.put(BUCKET, pointer.object, body, content_type="application/gzip")


def taken_away() -> None:
    pointer = store.pointer()
    assert pointer is not None
    client("s3").delete_object(Bucket=BUCKET, Key=pointer.object)


def unpointed() -> None:
    pointer = store.pointer()
    assert pointer is not None
    pointer.delete()


HARMS: dict[str, Callable[[], None]] = {
    "the object is gone": taken_away,
    "other bytes than the pointer says": lambda: swapped(b"not an index"),
    "half of the object": lambda: swapped(packed_index()[:500]),
    "half of an archive": lambda: republished(packed_index()[:500]),
    "an archive of nothing": lambda: republished(gzip.compress(bytes(10_240))),
    "fewer products than were built in": lambda: edited(products=7),
    "the format of another release": lambda: edited(format=index.FORMAT - 1),
    "no pointer": unpointed,
}


@pytest.mark.parametrize("harm", HARMS)
def test_the_built_in_index_serves_where_the_other_cannot(shop: Shop, harm: str) -> None:
    on_shelf(shop, "A", "Blue linen shirt")
    built()
    assert search(Wish(q="linen", in_stock=False)).facets != "[]"
    reading.forget()
    HARMS[harm]()
    found = search(Wish(q="linen", in_stock=False))
    assert [card.title for card in found.decoded()] == ["Blue linen shirt"]
    assert found.facets == "[]"
    assert list(Path(gettempdir()).glob(f"{reading.PREFIX}-{os.getpid()}-*")) == []


def test_the_built_in_index_serves_where_the_other_is_stale(shop: Shop, later: Any) -> None:
    on_shelf(shop, "A", "Blue linen shirt")
    built()
    later(reading.STALE_AFTER.total_seconds() + 1)
    assert search(Wish(q="linen", in_stock=False)).facets == "[]"


def test_a_full_disk_is_tried_again_only_after_a_while(
    shop: Shop, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_shelf(shop, "A", "Blue linen shirt")
    built()
    unpack, tries = packing.unpack, []

    def full(body: bytes, folder: Path) -> None:
        tries.append(folder)
        (folder / "meta.json").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(packing, "unpack", full)
    for _ in range(3):
        assert titles(q="linen", in_stock=False) == ["Blue linen shirt"]
        later(reading.CHECKED_EVERY.total_seconds())
    assert len(tries) == 1
    assert not tries[0].exists()
    monkeypatch.setattr(packing, "unpack", unpack)
    later(reading.BROKEN_FOR.total_seconds())
    assert search(Wish(q="linen", in_stock=False)).facets != "[]"


def test_what_a_process_left_behind_is_removed(shop: Shop) -> None:
    left = Path(mkdtemp(prefix=f"{reading.PREFIX}-4194305-"))
    others = Path(mkdtemp(prefix=f"{reading.PREFIX}-{os.getppid()}-"))
    on_shelf(shop, "A", "Blue linen shirt")
    built()
    assert titles(q="linen", in_stock=False) == ["Blue linen shirt"]
    assert (left.exists(), others.exists()) == (False, True)
    others.rmdir()


def test_the_operator_has_it_built_anew(shop: Shop) -> None:
    on_shelf(shop, "A", "Blue linen shirt")
    rebuild(SYSTEM)
    built()
    with pytest.raises(Forbidden):
        rebuild(shop.merchant().actor)
    assert built() == {"products": 0}
    rebuild(SYSTEM)
    rebuild(SYSTEM)
    assert built()["products"] == 1
    assert built() == {"products": 0}


def test_another_format_is_built_anew_at_once(shop: Shop) -> None:
    on_shelf(shop, "A", "Blue linen shirt")
    built()
    edited(format=index.FORMAT - 1)
    assert built()["products"] == 1


def test_the_slower_of_two_builds_publishes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_shelf(shop, "A", "Blue linen shirt")
    building.build()
    packed = packing.packed

    def overtaken(folder: Path) -> bytes:
        monkeypatch.setattr(packing, "packed", packed)
        on_shelf(shop, "B", "Red cotton shirt")
        assert building.build()["products"] == 2
        return packed(folder)

    monkeypatch.setattr(packing, "packed", overtaken)
    assert building.build() == {"products": 0}
    assert sorted(titles(q="shirt")) == ["Blue linen shirt", "Red cotton shirt"]


def test_a_change_during_a_build_is_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = on_shelf(shop, "A", "Blue linen shirt")
    packed = packing.packed

    def interrupted(folder: Path) -> bytes:
        body = packed(folder)
        catalog.remove(shop.merchant().actor, first)
        caught_up(first)
        return body

    monkeypatch.setattr(packing, "packed", interrupted)
    building.build()
    changed, _, _ = store.searched()
    assert [row.told for row in changed] == [None]
    assert titles(q="shirt") == []


def test_a_fresh_index_with_few_changes_is_left_alone(shop: Shop, later: Any) -> None:
    on_shelf(shop, "A", "Blue linen shirt")
    assert built()["products"] == 1
    assert built() == {"products": 0}
    later(building.BUILT_EVERY.total_seconds() + 1)
    assert built()["products"] == 1
