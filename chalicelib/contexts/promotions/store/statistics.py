"""Statistics: what is known of each counted purchase, and each offer's figures by day."""

from collections.abc import Mapping, Sequence

from msgspec.structs import asdict

from chalicelib.aws import reads, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.promotions.model.refusals import CountedMeanwhile
from chalicelib.contexts.promotions.model.statistics import (
    DAY,
    NOTHING,
    TOTAL,
    Counted,
    Figures,
    places,
)
from chalicelib.contexts.promotions.store.rows import (
    CountedItem,
    TallyItem,
    counted_key,
    tallies_of,
    tally_key,
)


def counted(purchase_id: str) -> Counted:
    """Read what is known of a purchase. One round trip."""
    place = counted_key(purchase_id)
    row = reads.get(CountedItem, place.pk, place.sk)
    return row.counted if row else Counted(purchase_id)


def count(seen: Counted, made: Counted, moved: Mapping[str, Figures]) -> list[Write]:
    """Contribute what is known of a purchase now, and what that adds to its offers' figures.

    Refuses `promotions.counted_meanwhile` where more is known by now.
    """
    place = counted_key(made.purchase_id)
    row = CountedItem(place.pk, place.sk, counted=made, version=made.version)
    if not seen.version:
        saved = transact.create(row, refuse=lambda _old: CountedMeanwhile())
    else:
        as_read = CountedItem.version == seen.version
        saved = transact.put(row, as_read, refuse=lambda _old: CountedMeanwhile())
    tallied = (
        _tally(offer_id, place, made, one)
        for offer_id, one in moved.items()
        for place in places(offer_id, made.day)
    )
    return [saved, *tallied]


def tallies(offer_id: str) -> dict[str, Figures]:
    """Read an offer's figures, by day from the first on."""
    rows = reads.query_all(TallyItem, tallies_of(offer_id), begins_with=DAY)
    return {row.sk.removeprefix(DAY): figures_of(row) for row in rows}


def totals(campaign_ids: Sequence[str]) -> dict[str, Figures]:
    """Read campaigns' figures altogether. One round trip."""
    keys = [tally_key(one, TOTAL) for one in campaign_ids]
    found = zip(campaign_ids, reads.batch(keys) if keys else [], strict=True)
    return {one: NOTHING if row is None else figures_of(row) for one, row in found}


def figures_of(row: TallyItem) -> Figures:
    """Read the figures of a row."""
    return Figures(**{name: int(getattr(row, name)) for name in Figures.__struct_fields__})


def _tally(offer_id: str, where: str, made: Counted, moved: Figures) -> Write:
    place = tally_key(offer_id, where)
    added = [getattr(TallyItem, name).add(number) for name, number in asdict(moved).items()]
    actions = [*added, TallyItem.kind.set(TallyItem), TallyItem.currency.set(made.currency)]
    return transact.update(TallyItem(place.pk, place.sk), actions)
