"""How often each call is sent, what a lost answer leaves, and how long it may take at most."""

from random import Random
from typing import Any

import pytest
from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import bus, observe, queues, reads, retries, transact
from chalicelib.aws.settings import settings
from chalicelib.aws.tables import Item, connection
from chalicelib.kernel import ids
from chalicelib.kernel.errors import Busy
from chalicelib.providers import http
from infra.wiring import API_FUNCTION, FUNCTIONS
from tests.makers import rows, weather
from tests.makers.http import Http
from tests.makers.shop import Shop
from tests.makers.weather import CONFLICT, LOST, PART, SLOW, THROTTLE, UNSENT, Weather, first

ALWAYS = 10**6
WRITE = "TransactWriteItems"


class CupItem(Item):
    class Meta:
        room = "catalog"

    kind = DiscriminatorAttribute()


class TeaItem(CupItem, discriminator="TEA"):
    title = UnicodeAttribute()
    sips = NumberAttribute(default=0)


def tea(number: int, title: str = "green", sips: int = 0) -> TeaItem:
    return TeaItem(pk="TRAY", sk=f"TEA#{number}", title=title, sips=sips)


def on_the_tray() -> list[tuple[str, int]]:
    return [(row.title, int(row.sips)) for row in reads.query(CupItem, "TRAY").items]


@pytest.fixture
def run(cloud):
    """Let what is tried count as a function's own doing, one that may do all of it."""
    with observe.run("catalog_on_import"):
        yield


@pytest.mark.usefixtures("run")
class TestCounts:
    @pytest.mark.parametrize("fault", [THROTTLE, CONFLICT, LOST, UNSENT])
    @pytest.mark.parametrize("alone", [True, False])
    def test_what_passes_is_sent_until_it_is_done(self, cloud, fault: str, alone: bool) -> None:
        name = "PutItem" if alone else WRITE
        with Weather(first(5, fault, name)).over(cloud) as bad:
            transact.commit([transact.create(tea(n)) for n in ([1] if alone else [1, 2])])
        assert bad.sent[name] == 6
        assert bad.met == {fault: 5}
        assert on_the_tray() == [("green", 0)] * (1 if alone else 2)

    @pytest.mark.parametrize("fault", [THROTTLE, CONFLICT, UNSENT])
    @pytest.mark.parametrize("alone", [True, False])
    def test_what_lasts_is_busy_and_nothing_is_written(
        self, cloud, fault: str, alone: bool
    ) -> None:
        name = "PutItem" if alone else WRITE
        with Weather(first(ALWAYS, fault, name)).over(cloud) as bad, pytest.raises(Busy) as refused:
            transact.commit([transact.create(tea(n)) for n in ([1] if alone else [1, 2])])
        assert (refused.value.status, refused.value.retry_after_s) == (503, 1)
        assert bad.sent[name] == retries.ATTEMPTS_MAX == 9
        assert on_the_tray() == []

    @pytest.mark.parametrize("fault", [THROTTLE, UNSENT, LOST])
    def test_reads_are_sent_as_often(self, cloud, fault: str) -> None:
        with Weather(first(8, fault, "GetItem")).over(cloud) as bad:
            assert reads.get(CupItem, "TRAY", "TEA#1") is None
        assert bad.sent["GetItem"] == 9
        with Weather(first(ALWAYS, fault, "GetItem")).over(cloud) as bad, pytest.raises(Busy):
            reads.get(CupItem, "TRAY", "TEA#1")
        assert bad.sent["GetItem"] == 9

    def test_keys_left_over_are_asked_for_again(self, cloud) -> None:
        transact.put_all(tea(n) for n in range(60))
        keys = [reads.Key(CupItem, "TRAY", f"TEA#{n}") for n in range(60)]
        with Weather(first(4, PART, "BatchGetItem")).over(cloud) as bad:
            assert [row.sk for row in reads.batch(keys)] == [key.sk for key in keys]
        assert bad.sent["BatchGetItem"] <= 5
        with Weather(first(ALWAYS, PART, "BatchGetItem")).over(cloud) as bad, pytest.raises(Busy):
            reads.batch(keys[:1])
        assert bad.sent["BatchGetItem"] == 9
        assert bad.slept_s > 0

    def test_rows_left_over_are_written_again(self, cloud) -> None:
        with Weather(first(4, PART, "BatchWriteItem")).over(cloud) as bad:
            transact.put_all(tea(n) for n in range(60))
        assert len(on_the_tray()) == 60
        assert bad.met == {PART: 4}
        with Weather(first(ALWAYS, PART, "BatchWriteItem")).over(cloud) as bad, pytest.raises(Busy):
            transact.put_all([tea(99)])
        assert bad.sent["BatchWriteItem"] == 9

    def test_messages_left_over_are_sent_again_and_no_others(self, cloud) -> None:
        heard: list[str] = []

        def tell(name: str, body: dict[str, Any], answer: dict[str, Any]) -> None:
            taken = {one["Id"] for one in answer["Successful"]}
            heard.extend(one["Id"] for one in body["Entries"] if one["Id"] in taken)

        with Weather(first(3, PART, "SendMessageBatch"), done=tell).over(cloud) as bad:
            queues.send(settings().catalog_pictures_queue_url, [{"n": n} for n in range(10)])
        assert sorted(heard) == [str(n) for n in range(10)]
        assert bad.met == {PART: 3} or len(heard) == 10

    def test_a_bus_that_will_not_have_them_gets_each_nine_times(self, cloud) -> None:
        facts = [("kitchen.Boiled", "{}", f"fact-{n}") for n in range(3)]
        with (
            Weather(first(ALWAYS, THROTTLE, "PutEvents")).over(cloud) as bad,
            observe.run("outbox_relay"),
        ):
            assert bus.put(facts) == {"fact-0", "fact-1", "fact-2"}
        assert bad.sent["PutEvents"] == 9

    def test_waits_are_jittered_and_double_up_to_a_second(self, cloud) -> None:
        former, waits = ids.use_chance(Random(1).getrandbits), []
        for _ in range(40):
            with (
                Weather(first(ALWAYS, THROTTLE, "GetItem")).over(cloud) as bad,
                pytest.raises(Busy),
            ):
                reads.get(CupItem, "TRAY", "TEA#1")
            waits.append(bad.slept_s)
        ids.use_chance(former)
        ceiling_s = sum(min(0.02 * 2**n, 1) for n in range(retries.ATTEMPTS_MAX - 1))
        assert len(set(waits)) == len(waits)
        assert max(waits) < ceiling_s
        assert 0.4 * ceiling_s < sum(waits) / len(waits) < 0.6 * ceiling_s


@pytest.mark.usefixtures("run")
class TestLostAnswers:
    """A write that was done although nobody said so is neither refused nor done twice."""

    @pytest.mark.parametrize("fault", [LOST, SLOW])
    def test_a_row_that_was_created_is_not_refused(self, cloud, fault: str) -> None:
        with Weather(first(1, fault, "PutItem")).over(cloud):
            transact.commit([transact.create(tea(1))])
        assert on_the_tray() == [("green", 0)]

    def test_another_row_in_its_place_is_refused(self, cloud) -> None:
        transact.commit([transact.put(tea(1, "black"))])
        with (
            Weather(first(1, LOST, "PutItem")).over(cloud),
            pytest.raises(transact.ConditionFailed) as refused,
        ):
            transact.commit([transact.create(tea(1))])
        assert refused.value.old.title == "black"
        assert on_the_tray() == [("black", 0)]

    def test_a_row_as_it_would_be_is_refused_when_no_answer_was_lost(self, cloud) -> None:
        transact.commit([transact.create(tea(1))])
        with (
            Weather(first(2, THROTTLE, "PutItem")).over(cloud),
            pytest.raises(transact.ConditionFailed),
        ):
            transact.commit([transact.create(tea(1))])

    def test_an_update_that_was_done(self, cloud) -> None:
        transact.commit([transact.create(tea(1))])
        change = transact.update(tea(1), [TeaItem.title.set("red")], TeaItem.title == "green")
        with Weather(first(1, LOST, "UpdateItem")).over(cloud):
            transact.commit([change])
        with (
            Weather(first(1, LOST, "UpdateItem")).over(cloud),
            pytest.raises(transact.ConditionFailed),
        ):
            transact.commit(
                [transact.update(tea(1), [TeaItem.title.set("x")], TeaItem.title == "green")]
            )
        assert on_the_tray() == [("red", 0)]

    def test_a_deletion_that_was_done(self, cloud) -> None:
        transact.commit([transact.create(tea(1))])
        with Weather(first(1, LOST, "DeleteItem")).over(cloud):
            transact.commit([transact.delete(tea(1), TeaItem.pk.exists())])
        assert on_the_tray() == []

    def test_an_addition_is_made_once(self, cloud) -> None:
        transact.commit([transact.create(tea(1))])
        with Weather(first(3, LOST, WRITE)).over(cloud) as bad:
            for _ in range(2):
                transact.commit([transact.update(tea(1), [TeaItem.sips.add(1)])])
        assert on_the_tray() == [("green", 2)]
        assert bad.sent == {WRITE: 5}

    def test_a_transaction_is_done_once(self, cloud) -> None:
        transact.commit([transact.create(tea(1))])
        with Weather(first(2, LOST, WRITE)).over(cloud):
            transact.commit(
                [transact.update(tea(1), [TeaItem.sips.add(1)]), transact.create(tea(2))]
            )
        assert on_the_tray() == [("green", 1), ("green", 0)]


class TestTime:
    @pytest.mark.parametrize("fault", [SLOW, THROTTLE, CONFLICT])
    @pytest.mark.parametrize("also", [(), ("GetItem",), ("GetItem", "BatchGetItem", "Query")])
    def test_no_request_outlives_its_function(self, cloud, fault: str, also: Any) -> None:
        """Whatever never comes right: `Busy` before Lambda ends it, however loops are nested."""
        shop = Shop()
        cart = shop.cart({shop.goods(): 1})
        names = (*weather.WRITES, *also)
        api = next(one for one in FUNCTIONS if one.name == API_FUNCTION)
        for ask in (lambda: shop.checkout(cart, key="k"), lambda: shop.put(cart, "acme.TEA", 2)):
            with Weather(first(ALWAYS, fault, *names)).over(cloud) as bad:
                reply = ask()
            assert (reply.status, reply.headers["retry-after"]) == (503, "1")
            assert 0 < bad.slept_s < api.timeout_s
        was_done = fault == SLOW and "BatchGetItem" not in also
        assert len(rows.of_kind("orders", "PURCHASE")) == was_done, "done once, or not at all"

    def test_the_last_call_ends_before_any_function_does(self, cloud) -> None:
        """With the least favourable moment for the last call of all."""
        for function in FUNCTIONS:
            patience_s = function.timeout_s - retries.CALL_TIMEOUT_S - retries.ANSWER_S
            assert patience_s >= 15
            with (
                Weather(first(ALWAYS, SLOW, "GetItem")).over(cloud) as bad,
                observe.run(API_FUNCTION),
            ):
                context = Remaining(function.timeout_s)
                with retries.until(context), pytest.raises(Busy):
                    reads.get(CupItem, "TRAY", "TEA#1")
            assert patience_s <= bad.slept_s or bad.sent["GetItem"] == retries.ATTEMPTS_MAX
            assert bad.slept_s < function.timeout_s

    def test_without_a_context_counts_bound_it(self, cloud) -> None:
        with (
            Weather(first(ALWAYS, SLOW, "GetItem")).over(cloud) as bad,
            observe.run(API_FUNCTION),
            retries.until(None),
            pytest.raises(Busy),
        ):
            reads.get(CupItem, "TRAY", "TEA#1")
        assert bad.sent["GetItem"] == retries.ATTEMPTS_MAX

    def test_no_company_is_asked_when_the_time_is_over(self, cloud) -> None:
        with Weather(first(0, SLOW)).over(cloud) as bad, retries.until(Remaining(28)):
            bad.slept_s += 15.1
            with pytest.raises(Busy):
                http.call("GET", "http://127.0.0.1:9/", headers={})

    def test_nobody_else_tries_again(self, cloud) -> None:
        """botocore and PynamoDB send once: no number of theirs multiplies ours."""
        config = connection().client.meta.config
        assert config.retries == {"mode": "standard", "total_max_attempts": 1}
        assert config.connect_timeout + config.read_timeout == retries.CALL_TIMEOUT_S
        assert Http().get("/api/v1/categories").status == 200


class Remaining:
    """Lambda's context."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> float:
        return self.seconds * 1_000
