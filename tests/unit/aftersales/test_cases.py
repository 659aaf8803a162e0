"""Cases as values: whose turn it is, who is answered first, and how much fits."""

from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.contexts.aftersales.model import (
    Case,
    CaseFull,
    CaseState,
    Message,
    Standing,
    plain_message,
    plain_subject,
)
from chalicelib.kernel.errors import Malformed

NINE, TEN, NOON = (f"2026-03-02T{hour}:00:00.000Z" for hour in ("09", "10", "12"))


def a_case(**changes: Any) -> Case:
    case = Case(
        id="cas_1",
        member_id="acc_1",
        merchant=None,
        order_id="",
        subject="Late",
        state=CaseState.WAITING,
        standing=Standing(),
        opened_at=NINE,
        waiting_since=NINE,
        messages=(Message("msg_1", NINE, "Where is it?"),),
    )
    return replace(case, **changes)


def test_who_asks_again_waits_since_the_first_time_with_the_tier_of_now() -> None:
    gold = Standing("gold", 1)
    again = a_case().asked(Message("msg_2", TEN, "Well?"), gold)
    assert (again.state, again.waiting_since, again.standing) == (CaseState.WAITING, NINE, gold)
    answered = again.answered(Message("msg_3", NOON, "There.", by_staff="acc_9"))
    assert answered.state is CaseState.ANSWERED
    thanks = answered.asked(Message("msg_4", NOON, "And the other?"), gold)
    assert (thanks.state, thanks.waiting_since) == (CaseState.WAITING, NOON)


def test_one_that_is_closed_opens_again_for_whoever_writes() -> None:
    closed = a_case().closed()
    assert closed.closed() is closed
    assert closed.asked(Message("msg_2", TEN, "No."), Standing()).waiting_since == TEN
    assert closed.answered(Message("msg_2", TEN, "Yes.", "acc_9")).state is CaseState.ANSWERED


def test_higher_tiers_come_first_and_then_who_has_waited_longest() -> None:
    cases = [
        a_case(id="late", waiting_since=NOON),
        a_case(id="early"),
        a_case(id="gold", waiting_since=NOON, standing=Standing("gold", 1)),
        a_case(id="platinum", waiting_since=NOON, standing=Standing("platinum", 2)),
    ]
    ranked = [one.id for one in sorted(cases, key=lambda one: one.rank)]
    assert ranked == ["platinum", "gold", "early", "late"]


def test_only_so_much_fits() -> None:
    case, long = a_case(), Message("m", TEN, "\u6f22" * 2_000)
    for _ in range(9):
        case = case.asked(long, Standing())
    with pytest.raises(CaseFull):
        case.asked(long, Standing())


def test_what_nobody_can_read_is_refused() -> None:
    assert plain_message(" one\r\ntwo\u2028three ") == "one\ntwo\nthree"
    assert plain_subject("  Late  ") == "Late"
    for wrong in ("", "x" * 2_001, "a\x00b"):
        with pytest.raises(Malformed):
            plain_message(wrong)
    for wrong in ("  ", "x" * 121, "a\nb", "a\x1bb"):
        with pytest.raises(Malformed):
            plain_subject(wrong)
