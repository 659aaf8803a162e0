"""The timeline: whose steps, in which order, in which words."""

from chalicelib.contexts.orders.model.timeline import TEXTS, Step, StepKind, of_order
from chalicelib.contexts.orders.model.values import (
    is_order_id,
    is_purchase_id,
    number_of_order,
    order_id,
    payment_id,
    purchase_of_order,
    purchase_of_payment,
)
from tests.makers.orders import ULID


def test_shows_the_purchases_steps_and_the_orders_own_oldest_first() -> None:
    steps = [
        Step("2026-03-02T10:00:00.000Z", StepKind.SHIPPED, "ord_1"),
        Step("2026-03-02T09:00:00.000Z", StepKind.PLACED),
        Step("2026-03-02T09:30:00.000Z", StepKind.CONFIRMED, "ord_2"),
    ]
    assert [step.kind for step in of_order(steps, "ord_1")] == ["placed", "shipped"]


def test_every_step_has_words_in_both_languages() -> None:
    assert all(set(words) == {"en", "zh-CN"} for words in TEXTS.values())
    assert Step("", StepKind.DELIVERED).text("zh-CN") == "已送达"


def test_ids_say_where_things_lie() -> None:
    purchase = f"pur_{ULID}"
    order = order_id(purchase, 3)
    assert (purchase_of_order(order), number_of_order(order)) == (purchase, 3)
    assert purchase_of_payment(payment_id(purchase, 2)) == purchase


def test_what_can_be_no_id_is_not_looked_up() -> None:
    assert is_order_id(f"ord_{ULID}_1")
    assert is_purchase_id(f"pur_{ULID}")
    for text in ("", "ord_", f"ord_{ULID}", f"ord_{ULID}_0", f"ord_{ULID}_1\n", "x" * 5_000):
        assert not is_order_id(text)
        assert not is_purchase_id(text)
