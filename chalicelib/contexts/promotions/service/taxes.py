"""The tax rules: put by the platform, read with every cart."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from chalicelib.aws import reads, transact
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model.taxes import (
    TaxesUnsound,
    TaxRule,
    TaxTable,
    require_sound_taxes,
)
from chalicelib.kernel import clock
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import FieldError


def put_taxes(actor: Actor, rules: Sequence[TaxRule]) -> tuple[TaxRule, ...]:
    """Let these be the tax rules from now on, none of which takes all away; categories may be named by
    slug. What is agreed already keeps its taxes. The platform alone may.

    Refuses `promotions.taxes_unsound`, naming every rule that cannot be.
    """
    actor.as_platform()
    tree, errors, known = catalog.categories(), list[FieldError](), list[TaxRule]()
    for number, rule in enumerate(rules):
        found = tree.find(rule.category) if rule.category else None
        if rule.category and found is None:
            detail = "There is no such category"
            errors.append(FieldError(f"rules.{number}.category", "unknown", detail))
        known.append(replace(rule, category=found.id if found else rule.category))
    if errors:
        raise TaxesUnsound(errors=errors)
    sound = tuple(require_sound_taxes(known))
    place = store.taxes_key()
    row = store.TaxesItem(place.pk, place.sk, rules=sound, changed_at=clock.iso(clock.now()))
    transact.commit([transact.put(row)])
    return sound


def taxes() -> tuple[TaxRule, ...]:
    """Read the tax rules. One round trip."""
    place = store.taxes_key()
    row = reads.get(store.TaxesItem, place.pk, place.sk)
    return row.rules if row else ()


def table_in(row: Any) -> TaxTable | None:
    """Return the rules that the row of `store.taxes_key` holds; None where there are none."""
    return TaxTable(row.rules) if row is not None and row.rules else None
