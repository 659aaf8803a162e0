"""What the bus says of each fact, which moto never says: it takes all."""

from typing import Any

import pytest

from chalicelib.aws import bus, retries

FACTS = [(f"orders.Fact{n}", "{}", f"fact_{n}") for n in range(3)]


class Answers:
    """EventBridge's answers to one call after another: an error's code for each entry, or none."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.sent: list[list[str]] = []

    def put_events(self, **asked: Any) -> dict[str, Any]:
        self.sent.append([entry["DetailType"] for entry in asked["Entries"]])
        codes = self.answers.pop(0)
        return {"Entries": [{"ErrorCode": code} if code else {"EventId": "1"} for code in codes]}


@pytest.fixture
def answering(stage, monkeypatch):
    def answers(*codes: list[str]) -> Answers:
        made = Answers(*codes)
        monkeypatch.setattr(bus, "client", lambda _name: made)
        monkeypatch.setattr(retries, "BACKOFF_MAX_MS", 1)
        return made

    return answers


def test_what_the_bus_will_never_have_is_told_at_once(answering) -> None:
    calls = answering(["", "MalformedDetail", ""])
    assert bus.put(FACTS) == {"fact_1"}
    assert len(calls.sent) == 1


def test_what_passes_is_sent_again_alone(answering) -> None:
    calls = answering(["", "ThrottlingException", ""], [""])
    assert bus.put(FACTS) == set()
    assert calls.sent[1] == ["orders.Fact1"]


def test_what_never_passes_is_told_in_the_end(answering) -> None:
    calls = answering(["", "ThrottlingException", ""], *[["ThrottlingException"]] * 20)
    assert bus.put(FACTS) == {"fact_1"}
    assert len(calls.sent) == retries.ATTEMPTS_MAX
