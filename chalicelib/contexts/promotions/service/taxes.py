"""The tax rules: put by the platform, read with every cart."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from chalicelib.aws import reads, retries, transact
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model.refusals import OfferChanged
from chalicelib.contexts.promotions.model.taxes import (
    TaxesUnsound,
    TaxRule,
    TaxTable,
    require_sound_taxes,
)
from chalicelib.kernel import clock
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy, FieldError


def put_taxes(actor: Actor, rules: Sequence[TaxRule]) -> tuple[TaxRule, ...]:
    """Let these be the tax rules from now on, none of which takes all away; categories may be named by
    slug. What is agreed already keeps its taxes. The platform alone may.

    Refuses `promotions.taxes_unsound`, naming every rule that cannot be.
    """
    actor.as_platform()
    sound = _sound(rules)
    transact.commit([transact.put(_row(sound))])
    return sound


def put_rule(actor: Actor, rule: TaxRule) -> tuple[TaxRule, ...]:
    """Add a rule to those that hold, in the place of the one for the same goods and place. The platform
    alone may. Refuses as `put_taxes` does.
    """
    return _changed(actor, lambda seen: [*_without(seen, rule), rule], rule)


def remove_rule(actor: Actor, rule: TaxRule) -> tuple[TaxRule, ...]:
    """Take away the rule for the same goods and place; one that is not there stays away."""
    return _changed(actor, lambda seen: _without(seen, rule), rule)


def _changed(
    actor: Actor, make: Callable[[tuple[TaxRule, ...]], list[TaxRule]], rule: TaxRule
) -> tuple[TaxRule, ...]:
    """Change the rules that hold, as often as somebody else changes them meanwhile."""
    actor.as_platform()
    _sound([rule])
    place = store.taxes_key()
    for attempt in range(retries.ROUNDS_MAX):
        row = reads.get(store.TaxesItem, place.pk, place.sk)
        seen = row.rules if row else ()
        made = _sound(make(seen))
        as_read = store.TaxesItem.rules == seen if row else store.TaxesItem.pk.does_not_exist()
        try:
            transact.commit([transact.put(_row(made), as_read, refuse=lambda _old: OfferChanged())])
        except OfferChanged:
            retries.pause(attempt)
        else:
            return made
    raise Busy


def _without(seen: Sequence[TaxRule], rule: TaxRule) -> list[TaxRule]:
    return [one for one in seen if one.place != rule.place]


def _row(rules: tuple[TaxRule, ...]) -> store.TaxesItem:
    place = store.taxes_key()
    return store.TaxesItem(place.pk, place.sk, rules=rules, changed_at=clock.iso(clock.now()))


def _sound(rules: Sequence[TaxRule]) -> tuple[TaxRule, ...]:
    """The rules with categories by id. Refuses `promotions.taxes_unsound`."""
    tree, errors, known = catalog.categories(), list[FieldError](), list[TaxRule]()
    for number, rule in enumerate(rules):
        found = tree.find(rule.category) if rule.category else None
        if rule.category and found is None:
            detail = "There is no such category"
            errors.append(FieldError(f"rules.{number}.category", "unknown", detail))
        known.append(replace(rule, category=found.id if found else rule.category))
    if errors:
        raise TaxesUnsound(errors=errors)
    return tuple(require_sound_taxes(known))


def taxes() -> tuple[TaxRule, ...]:
    """Read the tax rules. One round trip."""
    place = store.taxes_key()
    row = reads.get(store.TaxesItem, place.pk, place.sk)
    return row.rules if row else ()


def table_in(row: Any) -> TaxTable | None:
    """Return the rules that the row of `store.taxes_key` holds; None where there are none."""
    return TaxTable(row.rules) if row is not None and row.rules else None
