"""Use cases of merchants: apply, review, standing, delivery."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from chalicelib.aws import outbox, reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.settings import settings
from chalicelib.aws.transact import Write
from chalicelib.contexts.merchants import model, store
from chalicelib.contexts.merchants.facts import MerchantApproved, MerchantSuspended
from chalicelib.contexts.merchants.model import (
    STANDING,
    CodeTaken,
    DeliveryMethod,
    Merchant,
    MerchantState,
    Review,
    WrongState,
)
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import ANONYMOUS, SYSTEM, Actor, ActorKind
from chalicelib.kernel.errors import Forbidden, NotFound
from chalicelib.kernel.paging import PAGE_SIZE, Page

Beside = Callable[[Merchant], Sequence[Write]]

CODE_TAIL_LENGTH = 4
CODE_ATTEMPTS_MAX = 3


def get(merchant_id: str) -> Merchant:
    """Read a merchant. Refuses `request.not_found`."""
    place = store.merchant_key(merchant_id)
    row = reads.get(store.MerchantItem, place.pk, place.sk)
    if row is None:
        raise NotFound
    return store.merchant_of(row)


def by_code(code: str) -> Merchant:
    """Find a merchant by the code in its skus. Refuses `request.not_found`."""
    place = store.code_key(code)
    row = reads.get(store.CodeItem, place.pk, place.sk)
    if row is None:
        raise NotFound
    return get(row.merchant_id)


def by_code_beside(code: str, keys: Sequence[Key]) -> tuple[Merchant, tuple[Any, ...]]:
    """Find a merchant by its code, and read with that what another room named. Refuses
    `request.not_found`.
    """
    row, *rows = reads.batch([store.code_key(code), *keys])
    if row is None:
        raise NotFound
    return get(row.merchant_id), tuple(rows)


def many(merchant_ids: Iterable[str]) -> dict[str, Merchant]:
    """Read merchants by id, in one round trip a hundred; absent ones are left out."""
    wanted = list(dict.fromkeys(merchant_ids))
    rows = reads.batch([store.merchant_key(merchant_id) for merchant_id in wanted])
    return {
        merchant_id: store.merchant_of(row)
        for merchant_id, row in zip(wanted, rows, strict=True)
        if row is not None
    }


def apply(
    *,
    name: str | Mapping[str, str],
    email: str,
    code: str = "",
    description: Mapping[str, str] | None = None,
    actor: Actor = ANONYMOUS,
) -> Merchant:
    """Ask to become a merchant: it waits in `applied` for a reviewer of the platform.

    Refuses `request.malformed` with the field, and `merchants.code_taken` for a chosen code.
    """
    path = (MerchantState.APPLIED,)
    return _open(actor, path, name=name, email=email, code=code, description=description)


def open_merchant(
    actor: Actor = SYSTEM,
    *,
    name: str | Mapping[str, str],
    email: str,
    code: str = "",
    description: Mapping[str, str] | None = None,
    commission_bps: int | None = None,
    currency: str = "",
    delivery_methods: Sequence[DeliveryMethod] = (),
    beside: Beside = lambda _merchant: (),
) -> Merchant:
    """Make a merchant that may sell at once: applied, taken up and approved in one transaction.

    For the platform and the operator. Without a code, one is made of the name. Commission and
    currency default to the stage's settings, delivery to one worldwide method. `beside(merchant)`
    contributes writes of other rooms, such as its first owner's.
    """
    actor.as_platform()
    return _open(
        actor,
        (MerchantState.APPLIED, MerchantState.IN_REVIEW, MerchantState.APPROVED),
        name=name,
        email=email,
        code=code,
        description=description,
        commission_bps=commission_bps,
        currency=currency,
        delivery_methods=delivery_methods,
        beside=beside,
    )


def take_up(actor: Actor, merchant_id: str) -> Merchant:
    """Begin the review of an application."""
    return _move(actor, merchant_id, MerchantState.IN_REVIEW, "")


def approve(actor: Actor, merchant_id: str) -> Merchant:
    """Let a reviewed merchant sell."""
    merchant = _standing(actor, merchant_id, MerchantState.IN_REVIEW)
    return _commit_move(actor, merchant, MerchantState.APPROVED, "")


def reject(actor: Actor, merchant_id: str, reason: str) -> Merchant:
    """Turn an application down, with the reason the applicant gets."""
    return _move(actor, merchant_id, MerchantState.REJECTED, reason)


def suspend(actor: Actor, merchant_id: str, reason: str) -> Merchant:
    """Stop a merchant from selling for now."""
    return _move(actor, merchant_id, MerchantState.SUSPENDED, reason)


def reinstate(actor: Actor, merchant_id: str) -> Merchant:
    """Let a suspended merchant sell again."""
    merchant = _standing(actor, merchant_id, MerchantState.SUSPENDED)
    return _commit_move(actor, merchant, MerchantState.APPROVED, "")


def close(actor: Actor, merchant_id: str, reason: str = "") -> Merchant:
    """Close a suspended merchant for good."""
    return _move(actor, merchant_id, MerchantState.CLOSED, reason)


def list_merchants(
    actor: Actor, state: MerchantState, *, limit: int = PAGE_SIZE, cursor: str = ""
) -> Page[Merchant]:
    """List merchants of one state for the platform's reviewers, the longest waiting first."""
    actor.as_platform()
    return store.of_state(state, limit, cursor)


def history(actor: Actor, merchant_id: str) -> list[Review]:
    """List every step of a merchant's standing, oldest first. For the platform."""
    actor.as_platform()
    return store.reviews(merchant_id)


def update_delivery(actor: Actor, merchant_id: str, methods: Sequence[DeliveryMethod]) -> Merchant:
    """Replace a merchant's ways to deliver. For its owner, the platform and the operator.

    Refuses `request.malformed` with the field, and `request.conflict` when it was changed meanwhile.
    """
    if actor.kind is ActorKind.STAFF:
        if actor.as_owner() != merchant_id:
            raise Forbidden
    else:
        actor.as_platform()
    merchant = get(merchant_id)
    checked = model.checked_methods(methods, merchant.currency)
    transact.commit([store.set_delivery(merchant, checked)])
    return get(merchant_id)


def _open(
    actor: Actor,
    path: tuple[MerchantState, ...],
    *,
    name: str | Mapping[str, str],
    email: str,
    code: str,
    description: Mapping[str, str] | None,
    commission_bps: int | None = None,
    currency: str = "",
    delivery_methods: Sequence[DeliveryMethod] = (),
    beside: Beside = lambda _merchant: (),
) -> Merchant:
    names = model.checked_name(name)
    money = model.checked_currency(currency or settings().currency)
    rate = settings().commission_bps if commission_bps is None else commission_bps
    methods = delivery_methods or [model.standard_delivery(money)]
    contact = model.checked_email(email)
    about = model.checked_description(description or {})
    for chosen in _codes(code, names["en"]):
        merchant = Merchant(
            id=ids.new("mer"),
            code=chosen,
            name=names,
            email=contact,
            state=path[-1],
            commission_bps=model.checked_commission(rate),
            currency=money,
            delivery_methods=model.checked_methods(methods, money),
            description=about,
            created_at=clock.iso(clock.now()),
        )
        try:
            transact.commit([*_opening(actor, merchant, path), *beside(merchant)])
        except CodeTaken:
            continue
        return merchant
    raise CodeTaken


def _opening(actor: Actor, merchant: Merchant, path: tuple[MerchantState, ...]) -> list[Write]:
    writes = store.new_merchant(merchant, clock.iso(clock.now()))
    source = ""
    for target in path:
        assert not source or STANDING.allows(MerchantState(source), target), "an unlisted edge"
        writes.append(store.review(merchant.id, _review(actor, source, target, "")))
        source = target.value
    return writes + _told(merchant, path[-1], "")


def _codes(code: str, name: str) -> list[str]:
    """The code that was asked for, or some made of the name, plain first."""
    if code:
        return [model.checked_code(code)]
    plain = model.code_from(name) or f"m{ids.code(CODE_TAIL_LENGTH)}"
    stem = plain[: model.CODE_LENGTH_MAX - CODE_TAIL_LENGTH - 1].strip("-")
    tails = [f"{stem}-{ids.code(CODE_TAIL_LENGTH)}" for _ in range(CODE_ATTEMPTS_MAX)]
    return [plain, *tails]


def _move(actor: Actor, merchant_id: str, target: MerchantState, reason: str) -> Merchant:
    return _commit_move(actor, _standing(actor, merchant_id), target, reason)


def _standing(actor: Actor, merchant_id: str, state: MerchantState | None = None) -> Merchant:
    actor.as_platform()
    merchant = get(merchant_id)
    if state is not None and merchant.state is not state:
        raise WrongState(f"The merchant is {merchant.state}")
    return merchant


def _commit_move(actor: Actor, merchant: Merchant, target: MerchantState, reason: str) -> Merchant:
    if not STANDING.allows(merchant.state, target):
        raise WrongState(f"The merchant is {merchant.state}")
    why = model.checked_reason(reason)
    now = clock.iso(clock.now())
    transact.commit(
        [
            store.move(merchant, target, now),
            store.review(merchant.id, _review(actor, merchant.state.value, target, why)),
            *_told(merchant, target, why),
        ]
    )
    return get(merchant.id)


def _review(actor: Actor, source: str, target: MerchantState, reason: str) -> Review:
    who = f"{actor.kind}:{actor.id}"
    return Review(clock.iso(clock.now()), who, source, target.value, reason)


def _told(merchant: Merchant, target: MerchantState, reason: str) -> list[Write]:
    """The facts that a step has for others."""
    head = {"id": ids.ulid(), "occurred_at": clock.iso(clock.now())}
    about = {"merchant_id": merchant.id, "code": merchant.code, "names": merchant.name}
    if target is MerchantState.APPROVED:
        return [outbox.write(MerchantApproved(**head, **about))]  # type: ignore[arg-type]
    if target is MerchantState.SUSPENDED:
        return [outbox.write(MerchantSuspended(**head, **about, reason=reason))]  # type: ignore[arg-type]
    return []
