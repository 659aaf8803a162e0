"""Nobody reaches what is another's: every route, everybody, own and another's and missing things."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chalicelib.web import csrf
from tests.conftest import Clock
from tests.doors.tenants.people import Person, everybody
from tests.doors.tenants.policy import ANYONE, DESK, DOORS, PAGES, PROGRAMS, Door
from tests.doors.tenants.visit import Came, go, without_names
from tests.doors.tenants.world import World, build
from tests.makers.http import Http
from tests.makers.quick_moto import kept
from tests.makers.rows import Rows, everything
from tests.makers.scale import tell

PARTS = {"programs": PROGRAMS, "pages": PAGES, "console": DESK}


@dataclass
class Cells:
    """The matrix at work: the world, everybody in it, and what was found wrong."""

    world: World
    people: list[Person]
    http: Http
    wrong: list[str]
    count: int = 0


@pytest.fixture
def cells(stage: Clock) -> Iterator[Cells]:
    world = build()
    found = Cells(world, everybody(world), Http(), [])
    yield found
    assert not found.wrong, f"{len(found.wrong)} wrong:\n" + "\n".join(found.wrong[:60])


def test_every_route_has_a_policy_and_every_policy_a_route() -> None:
    routes = Http().app.routes
    there = {f"{method} {path}" for path, methods in routes.items() for method in methods}
    assert {door.route for door in DOORS} == there
    for door in DOORS:
        assert set(door.names) | set(door.fixed) == set(re.findall(r"{(\w+)}", door.path)), door
    tell("tenants", "routes", len(there))


@pytest.mark.parametrize("part", PARTS)
def test_nobody_reaches_what_is_anothers(cells: Cells, part: str) -> None:
    before, put_back = stored(), kept()
    for door in PARTS[part]:
        for person in cells.people:
            came = {}
            for target in targets(door, person):
                one = go(cells.http, cells.world, door, person, {"": side_of(person, target)})
                came[target] = one
                judge(cells, door, person, target, one)
                if not one.writes:
                    continue
                if not may(door, person, target) and stored() != before:
                    cells.wrong.append(f"{door.route} as {person.name} on {target} wrote")
                put_back()
            other = came.get("another's") or came.get("b")
            missing = came.get("missing")
            if other and missing and other.is_refused:
                seen = [without_names(cells.world, one) for one in (other, missing)]
                if seen[0] != seen[1]:
                    cells.wrong.append(f"{door.route} as {person.name} tells: {difference(*seen)}")
    assert stored() == before
    tell("tenants", f"cells of {part}", cells.count)


def test_one_thing_of_anothers_is_enough_to_be_refused(cells: Cells) -> None:
    """Where a request names several things, all but one of them are one's own."""
    before = stored()
    for door in (one for one in DOORS if len(one.kinds) > 1):
        for person in (one for one in cells.people if one.role in door.who and one.side == "a"):
            for kind in door.kinds:
                for side in ("b", "none"):
                    what = f"{door.route} as {person.name} with {kind} of {side}"
                    came = go(cells.http, cells.world, door, person, {"": "a", kind: side})
                    refused_without_effect(cells, what, came, before)
                    judge_words(cells, what, person, door, came)
    tell("tenants", "mixed cells", cells.count)


def test_a_cookie_counts_only_from_the_shop_s_own_pages(cells: Cells) -> None:
    """No token, somebody else's token, another origin: refused, and nothing is written."""
    before = stored()
    for door in (one for one in DOORS if one.method != "GET"):
        for person in (one for one in cells.people if one.role in door.who and one.side != "b"):
            if not door.is_page and (person.role != "cookie" or door.who == ANYONE):
                continue
            for token, headers in forgeries(cells, door):
                came = go(cells.http, cells.world, door, person, {"": "a"}, token=token, **headers)
                what = f"{door.route} as {person.name} with {token!r} {headers}"
                refused_without_effect(cells, what, came, before)
    tell("tenants", "forged cells", cells.count)


def forgeries(cells: Cells, door: Door) -> Iterator[tuple[str | None, dict[str, str]]]:
    """What a page of somebody else's could send: a form's token, and headers.

    Forms of public pages have no token; for them the browser says that they come from this shop.
    """
    theirs = csrf.token_for(cells.world.secrets["b"]["cookie"])
    if is_from_public(cells, door):
        for site in ("same-site", "cross-site", "none"):
            yield "", {"sec_fetch_site": site}
        yield "", {"origin": "https://evil.example"}
    elif door.is_page:
        yield "", {}
    else:
        yield None, {"x_csrf_token": ""}
    yield (theirs, {}) if door.is_page else (None, {"x_csrf_token": theirs})
    yield None, {"origin": "https://evil.example"}
    yield None, {"sec_fetch_site": "cross-site"}


def is_from_public(cells: Cells, door: Door) -> bool:
    view = cells.http.app.routes[door.path][door.method].view_function
    return door.is_page and bool(view.page.from_public)


def refused_without_effect(cells: Cells, what: str, came: Came, before: Rows) -> None:
    cells.count += 1
    if came.reply.status < 400 and not came.is_refused:
        cells.wrong.append(f"{what} got {came.reply.status}")
    assert not came.writes or stored() == before, what


def stored() -> Rows:
    """All rows but the counts of failures: to guess is to be counted, whoever does it."""
    return {
        room: {place: row for place, row in table.items() if row["kind"]["S"] != "THROTTLE"}
        for room, table in everything().items()
    }


def targets(door: Door, person: Person) -> tuple[str, ...]:
    if not door.has_things:
        return ("own",)
    return ("own", "another's", "missing") if person.side else ("a", "b", "missing")


def side_of(person: Person, target: str) -> str:
    other = {"a": "b", "b": "a", "": "b"}[person.side]
    own = person.side or "a"
    return {"own": own, "another's": other, "missing": "none"}.get(target, target)


def may(door: Door, person: Person, target: str) -> bool:
    """What the policy says: by role, of one's own side; the platform's people and anyone, of all."""
    if person.role not in door.who or target == "missing":
        return False
    return target == "own" or not person.side or door.who == ANYONE


def judge(cells: Cells, door: Door, person: Person, target: str, came: Came) -> None:
    cells.count += 1
    what = f"{door.route} as {person.name} on {target}"
    status = came.reply.status
    place = came.reply.headers.get("location", "")
    if may(door, person, target):
        is_fine = status < 400 and (door.who == ANYONE or not came.is_refused)
        if not is_fine:
            cells.wrong.append(f"{what} was refused: {status} {place} {came.reply.text[:200]}")
    elif not came.is_refused:
        cells.wrong.append(f"{what} got {status} {place} {came.reply.text[:160]}")
    judge_words(cells, what, person, door, came)


def judge_words(cells: Cells, what: str, person: Person, door: Door, came: Came) -> None:
    for word, whose in cells.world.canaries.items():
        if word in came.words and whose not in person.sees and word not in door.query:
            cells.wrong.append(f"{what} reads what is for {whose}")


def difference(first: tuple[int, str, str], second: tuple[int, str, str]) -> str:
    """Where two answers part."""
    if first[0] != second[0] or first[2] != second[2]:
        return f"{first[0]} {first[2]} and {second[0]} {second[2]}"
    pairs = enumerate(zip(first[1], second[1], strict=False))
    at = next((place for place, (one, other) in pairs if one != other), 20)
    return f"{first[1][at - 20 : at + 60]!r} and {second[1][at - 20 : at + 60]!r}"
