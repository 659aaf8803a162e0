"""The doctor finds nothing on a stage that is well, and names what is wrong on one that is not."""

import json
import re
import sys
from collections.abc import Iterator
from random import Random
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from chalicelib.kernel import clock as clock_module
from infra import operate, outputs
from infra.bare import create_tables
from infra.doctor import INVARIANTS, Horizon, Violation, examine, read_whole
from infra.doctor import visit as visit_module
from infra.doctor.rows import fact_types, shapes
from infra.doctor.visit import LOOK_AGAIN_AFTER_S, SHOWN_MAX, Report, look, words
from infra.doctor.whole import HANDLED_AFTER_S, PUBLISHED_AFTER_S
from infra.package import ROOT
from infra.wiring import QUEUES, STREAM, TABLES
from tests.conftest import STARTED_AT, Clock
from tests.makers import invariants
from tests.makers.corruptions import CORRUPTIONS
from tests.makers.patient import Patient, add, put
from tests.makers.quick import quick_cloud
from tests.makers.scale import pick, tell
from tests.makers.stage import enter, forget
from tests.makers.story import COUNTED, Story

MISSED = {
    "merchants": ("MERCHANT", "CODE"),
    "inventory": ("STOCK", "HOLDS", "ENTRY"),
    "shipping": ("SHIPMENT", "MOVE", "TRACK", "CALLBACK"),
    "payments": ("PAYMENT", "REFUND", "REFERENCE"),
    "orders": ("PURCHASE", "ORDER", "STEP", "DONE"),
    "settlement": tuple({kind for room, kind in shapes() if room == "settlement"}),
    "notifications": ("MAIL",),
}
"""Rows that are never removed within the time of the story, and that something else names."""

TELLING = {
    name
    for name in fact_types()
    if name.startswith(("orders.", "payments.", "shipping.", "settlement.", "inventory.Hold"))
}


@pytest.fixture(scope="module")
def well() -> Patient:
    """A stage that has seen everything, at rest; its rows are read once for all tests here."""
    clock = Clock(STARTED_AT)
    former = clock_module.use(clock)
    with pytest.MonkeyPatch.context() as patch, quick_cloud():
        enter(patch, without=("SOUK_SANDBOX_URL",))
        story = Story(clock)
        story.tell()
        patient = Patient.taken(invariants.scan(), story.purchases, clock())
    clock_module.use(former)
    forget()
    return patient


@pytest.fixture
def visited(well: Patient, clock: Clock) -> Patient:
    """The same stage, at the time at which it came to rest, to be spoilt."""
    clock.moment = well.now
    return well.copy()


def test_finds_nothing_on_a_stage_that_is_well(well: Patient) -> None:
    assert well.examined() == []
    assert well.examined(COUNTED) == []


def test_the_story_has_every_state_that_matters(well: Patient) -> None:
    text = "".join(row["order"]["S"] for row in well.rows("orders", "ORDER"))
    for state in ("completed", "cancelled", "expired", "partly_shipped", "awaiting_payment"):
        assert f'"state":"{state}"' in text
    assert {row["state"]["S"] for row in well.rows("payments", "REFUND")} == {
        "sent",
        "succeeded",
        "failed",
    }
    assert {row["state"]["S"] for row in well.rows("settlement", "STATEMENT")} == {"closed"}
    outcomes = {row["outcome"]["S"] for row in well.rows("payments", "CALLBACK")}
    assert outcomes == {"accepted", "flagged"}


def test_every_invariant_has_a_corruption() -> None:
    assert set(CORRUPTIONS) == set(INVARIANTS)
    tell("doctor", "promises checked, each broken by hand and named", len(INVARIANTS))


@pytest.mark.parametrize("slug", INVARIANTS)
def test_names_what_is_spoilt(well: Patient, slug: str) -> None:
    patient = well.copy()
    CORRUPTIONS[slug](patient)
    named = {violation.invariant for violation in patient.examined()}
    assert slug in named


def test_notices_any_lost_row(well: Patient) -> None:
    """Of rows that money, stock, orders or parcels are made of, none can be lost unseen."""
    chance = Random(11)
    places = [
        (room, place)
        for room, rows in well.tables.items()
        for place, row in enumerate(rows)
        if row["kind"]["S"] in MISSED.get(room, ()) or row.get("name", {}).get("S", "") in TELLING
    ]
    lost = chance.sample(places, pick(50, len(places)))
    for room, place in lost:
        patient = well.copy()
        row = patient.tables[room].pop(place)
        assert patient.examined(), (
            f"{room} {row.get('name')} {row['pk']['S']} / {row['sk']['S']} is not missed"
        )
    tell("doctor", "rows lost one at a time, each missed", len(lost))


def test_says_in_plain_words_what_is_wrong(visited: Patient) -> None:
    patient = visited
    CORRUPTIONS["stock.never_negative"](patient)
    report = look(patient.tables.__getitem__, list, wait=lambda _s: None)
    told = "\n".join(words("prod", report))
    rows = sum(map(len, patient.tables.values()))
    assert told.startswith(f"prod-souk: {rows} rows read, {len(INVARIANTS)} promises checked.\n")
    assert "\n  acme.TEA: -1 units are available in AT#main#0\n" in told
    assert INVARIANTS["stock.never_negative"].promise in told
    broken = {violation.invariant for violation in report.violations}
    ending = f"Findings: {len(report.violations)}. Broken promises: {len(broken)}."
    assert told.endswith(ending)


def test_a_long_list_is_cut() -> None:
    many = [Violation("rows.can_be_read", f"row {n}", "it is odd") for n in range(SHOWN_MAX + 5)]
    told = list(words("prod", Report(1, 1, many)))
    assert "  and 5 more" in told
    assert sum("it is odd" in line for line in told) == SHOWN_MAX


class TestALivingStage:
    def test_what_is_whole_in_the_next_look_is_no_violation(
        self, visited: Patient, well: Patient
    ) -> None:
        spoilt, waits = visited, list[float]()
        CORRUPTIONS["stock.held_is_open_holds"](spoilt)
        CORRUPTIONS["payments.refunds_add_up"](spoilt)
        looks = iter([spoilt, well])
        seen = [next(looks)]

        def wait(seconds: float) -> None:
            waits.append(seconds)
            seen[0] = next(looks)

        report = look(lambda room: seen[0].tables[room], list, wait=wait)
        assert (report.is_well, waits) == (True, [LOOK_AGAIN_AFTER_S])

    def test_a_sum_that_is_off_by_something_else_each_time_is_work_in_flight(
        self, visited: Patient
    ) -> None:
        patient = visited
        row = patient.row("inventory", "STOCK", sku="bolt.NUT")

        def wait(_seconds: float) -> None:
            add(row, held=1, available=-1)

        wait(0)
        assert look(patient.tables.__getitem__, list, wait=wait).is_well
        steady = look(patient.tables.__getitem__, list, wait=lambda _s: None)
        assert [one.invariant for one in steady.violations] == ["stock.held_is_open_holds"]

    def test_young_work_may_be_in_flight_and_old_work_may_not(self, well: Patient) -> None:
        patient = well.copy()
        last = patient.fact("orders.RefundRequested", "sent")
        step = patient.row("orders", "STEP", sk=last["sk"]["S"])
        patient.drop("orders", step)
        put(last, due_shard="UNSENT#1", due_at=clock_module.iso(well.now))
        assert _living(patient, after_s=0) == set()
        assert _living(patient, after_s=PUBLISHED_AFTER_S) == {"events.published"}
        both = {"events.published", "events.step_is_written"}
        assert _living(patient, after_s=HANDLED_AFTER_S) == both


def _living(patient: Patient, *, after_s: int) -> set[str]:
    """What is wrong in the eyes of an operator who looks that much later; timers left out."""
    now = clock_module.later(patient.now, after_s)
    whole = read_whole(patient.tables.__getitem__, now, Horizon.living(now))
    return {one.invariant for one in examine(whole) if not one.invariant.startswith("liveness.")}


@pytest.fixture
def stack(visited: Patient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    """The rows in tables of a stage that the operator's command reaches."""
    names = {table.logical_id: table.name("dev") for table in TABLES}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(outputs, "stack_outputs", lambda _stage: names)
    monkeypatch.setattr(visit_module, "LOOK_AGAIN_AFTER_S", 0)
    monkeypatch.setattr(sys, "argv", ["infra.operate", "dev", "doctor"])
    with mock_aws():
        client = boto3.client("dynamodb")
        create_tables(client, "dev")
        sqs = boto3.client("sqs")
        for one in (*QUEUES, STREAM):
            names[f"{one.dead_logical_id}Url"] = _queue(sqs, one.dead_name("dev"))
        for queue in QUEUES:
            names[f"{queue.logical_id}Url"] = _queue(sqs, queue.name("dev"))
        for room, rows in visited.tables.items():
            for row in rows:
                client.put_item(TableName=f"dev-souk-{room}", Item=row)
        yield visited


def _queue(sqs: Any, name: str) -> str:
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url


def test_the_command_ends_well_on_a_stage_that_is_well(
    stack: Patient, capsys: pytest.CaptureFixture[str]
) -> None:
    operate.main()
    assert capsys.readouterr().out.endswith("promises checked.\nAll is well.\n")


def test_the_command_fails_on_a_row_that_was_changed_by_hand(
    stack: Patient, capsys: pytest.CaptureFixture[str]
) -> None:
    place = {"pk": {"S": "STOCK#bolt.NUT"}, "sk": {"S": "AT#main#0"}}
    boto3.client("dynamodb").update_item(
        TableName="dev-souk-inventory",
        Key=place,
        UpdateExpression="SET available = available - :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    with pytest.raises(SystemExit) as ended:
        operate.main()
    assert ended.value.code == 1
    told = capsys.readouterr().out
    assert "\nstock.units_are_conserved: " in told
    assert told.endswith("\nFindings: 1. Broken promises: 1.\n")


def test_the_command_asks_for_no_more_than_the_page_says(
    stack: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (policy,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    allowed = {statement["Action"] for statement in json.loads(policy)["Statement"]}
    asked: set[str] = set()
    make_api_call = BaseClient._make_api_call

    def heard(client: BaseClient, operation: str, params: Any) -> Any:
        asked.add(f"{client.meta.service_model.service_name}:{operation}")
        return make_api_call(client, operation, params)

    monkeypatch.setattr(BaseClient, "_make_api_call", heard)
    operate.main()
    assert asked | {"cloudformation:DescribeStacks"} == allowed


@pytest.mark.parametrize("slug", INVARIANTS)
def test_the_page_names_every_invariant(slug: str) -> None:
    assert f"`{slug}`" in (ROOT / "docs" / "invariants.md").read_text(encoding="utf-8")


def test_bears_rows_that_are_not_what_they_should_be(well: Patient) -> None:
    """Any number or text may be anything: the doctor says so, and goes on."""
    chance = Random(7)
    rounds = pick(40, 1_000)
    for _ in range(rounds):
        patient = well.copy()
        for _ in range(10):
            room = chance.choice([one for one, rows in patient.tables.items() if rows])
            row = chance.choice(patient.tables[room])
            name = chance.choice(sorted(row))
            put(row, **{name: chance.choice((-7, "", "x", row[name].get("S", "") + "x"))})
        assert patient.examined()
    tell("doctor", "stages with ten odd rows each, all read to the end", rounds)
