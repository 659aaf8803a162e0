"""The contract against the code: everything that the OpenAPI page allows is asked, and more.

schemathesis makes the requests, in process and through the real Lambda handler, with all of its
checks on. What it may not take for a failure stands in `RULES`, by the problem's code, with a reason.
"""

import json
from collections import Counter
from typing import Any

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.transport.wsgi import WSGITransport

from tests.conftest import Clock
from tests.doors.fuzz.gateway import Gateway
from tests.doors.tenants.world import World, build
from tests.makers.scale import pick, tell

EXAMPLES = pick(2, 200)
PHASES = {"examples", "coverage", "fuzzing", "stateful"}
CHECKS = {
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
    "object_level_authorization",
}
ACCEPTED = ["2xx", 401, 403, 404, 409, 422, 429]
"""What a request of the right shape may get: 422 is a rule of the shop, beyond any shape."""
TOKENLESS = [400, 401, 404]
"""A cart without its token is answered as one that is not there (404), like another's."""
HIDDEN = {"cart.not_found", "orders.purchase_not_found", "orders.order_not_found"}
"""Without its token a thing is not there, rather than forbidden: 404 is how it is kept."""
RULES = {
    "request.bad_cursor": "a cursor is what a list gave, which no schema can say",
    "import.too_large": "what is too large is 413, whatever the schema says",
    "import.empty": "what is in a file is no part of the schema",
    "import.unreadable": "what is in a file is no part of the schema",
    "import.columns_missing": "what is in a file is no part of the schema",
    "import.not_utf8": "what is in a file is no part of the schema",
}


@pytest.fixture(autouse=True)
def _send_as_programs_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write whole numbers as such, and keep away what only a network has.

    JSON Schema takes 105.0 for an integer; money in minor units is written without a point.
    """
    send = WSGITransport.send

    def plain(self: WSGITransport, case: Any, **options: Any) -> Any:
        for name in ("max_redirects", "verify", "cert"):
            options.pop(name, None)
        if case.meta is not None and case.meta.generation.mode.is_positive:
            case.body = whole(case.body)
        return send(self, case, **options)

    monkeypatch.setattr(WSGITransport, "send", plain)


def test_everything_that_the_contract_allows_is_answered_as_it_says(stage: Clock) -> None:
    world, gateway = build(), Gateway()
    config = SchemathesisConfig.from_dict(settings(world))
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", gateway, config=config)
    operations = {one.ok().label for one in schema.get_all_operations()}
    seen = Seen()
    for event in from_schema(schema).execute():
        seen.take(event)
    assert not seen.failures, "\n".join(seen.failures[:40])
    assert seen.asked >= operations
    assert seen.phases >= PHASES
    assert set(seen.checks) == CHECKS
    tell("fuzz", "operations", len(operations))
    tell("fuzz", "operations that succeeded", len(seen.succeeded))
    tell("fuzz", "requests", gateway.calls)
    tell("fuzz", "checks", sum(seen.checks.values()))


class Seen:
    """What an engine's events tell: who was asked, what was checked, what failed."""

    def __init__(self) -> None:
        self.failures: list[str] = []
        self.asked: set[str] = set()
        self.succeeded: set[str] = set()
        self.phases: set[str] = set()
        self.checks: Counter[str] = Counter()

    def take(self, event: Any) -> None:
        if isinstance(event, events.NonFatalError):
            self.failures.append(f"{event.label}: {event.info.format()}")
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.ScenarioFinished):
            self._scenario(event)

    def _scenario(self, event: events.ScenarioFinished) -> None:
        recorder = event.recorder
        self.phases.add(event.phase.value)
        for case_id, node in recorder.cases.items():
            label = node.value.operation.label
            self.asked.add(label)
            interaction = recorder.interactions.get(case_id)
            response = interaction.response if interaction else None
            if response is not None and response.status_code < 300:
                self.succeeded.add(label)
            for check in recorder.checks.get(case_id, ()):
                self.checks[check.name] += 1
                if check.status is Status.FAILURE and not is_a_rule(check, response):
                    self.failures.append(told(event.phase.value, node.value, check, response))


def is_a_rule(check: Any, response: Any) -> bool:
    """Tell whether the contract itself asks for what a check took for a failure."""
    if response is None or response.status_code < 400:
        return False
    code = json.loads(response.content).get("code", "")
    if check.name == "ignored_auth":
        return response.status_code == 404 and code in HIDDEN
    return check.name == "positive_data_acceptance" and code in RULES


def told(phase: str, case: Any, check: Any, response: Any) -> str:
    failure = check.failure_info.failure
    answer = f"{response.status_code} {response.text[:300]}" if response is not None else ""
    asked = f"{case.method} {case.formatted_path} {case.query} {case.headers} {case.body!r}"
    return f"{phase} {check.name}: {failure.message[:300]}\n    {asked[:700]}\n    {answer}"


def settings(world: World) -> dict[str, Any]:
    """Few or many examples of each operation, and the credentials that belong to it."""
    things, keys = world.things["a"], world.secrets["a"]
    member = {"Authorization": f"Bearer {keys['member']}"}
    return {
        "generation": {
            "max-examples": EXAMPLES,
            "deterministic": True,
            "no-shrink": True,
            "database": "none",
        },
        "phases": {"examples": {"fill-missing": True}},
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ACCEPTED},
            "missing_required_header": {"expected-statuses": TOKENLESS},
        },
        "operations": [
            {
                "include-path-regex": "^/api/v1/merchant/",
                "headers": {"Authorization": f"Bearer {keys['key']}"},
            },
            {
                "include-path-regex": "^/api/v1/(me|sessions/current|purchases|orders)",
                "headers": member,
            },
            {
                "include-path-regex": "^/api/v1/carts/",
                "headers": {"X-Cart-Token": keys["cart"]},
                "parameters": {"path.cart": things["cart"]},
            },
        ],
    }


def whole(value: Any) -> Any:
    """Write every 105.0 in a body as 105."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: whole(one) for name, one in value.items()}
    if isinstance(value, list):
        return [whole(one) for one in value]
    return value
