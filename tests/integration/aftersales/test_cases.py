"""Asking for help: whose it is, in which order it is answered, once for each press, gone with a member."""

import pytest

from chalicelib.aws import transact
from chalicelib.contexts.aftersales import service, store
from chalicelib.contexts.aftersales.model import (
    OPEN_MAX,
    CaseChanged,
    CaseState,
    NoCase,
    TooManyCases,
)
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.privacy import service as privacy
from chalicelib.kernel.actors import Actor, ActorKind, Role
from chalicelib.kernel.errors import Forbidden, NotFound
from tests.conftest import Clock
from tests.makers import rows
from tests.makers.people import a_member
from tests.makers.points import bearer, earned
from tests.makers.shop import Shop

TEA = "acme.TEA"
KEEPER = Actor(ActorKind.PLATFORM, "acc_keeper", role=Role.PLATFORM)


@pytest.fixture
def shop(stage: Clock) -> Shop:
    shop = Shop()
    shop.goods(price=10_000, stock=90)
    return shop


def order_of(shop: Shop, token: str) -> str:
    purchase = shop.paid({TEA: 1}, headers=bearer(token))
    return str(purchase["orders"][0]["id"])


def subjects(actor: Actor, state: CaseState = CaseState.WAITING) -> list[str]:
    return [one.subject for one in service.listed(actor, state).items]


def test_it_goes_back_and_forth_and_is_settled(shop: Shop) -> None:
    ada, token = a_member()
    owner = shop.sellers["acme"].owner
    order = order_of(shop, token)
    case = service.ask(ada, "Late", "Where is it?", order_id=order, key="k")
    assert subjects(owner) == ["Late"]
    assert subjects(KEEPER) == []
    answered = service.say(owner, case.id, "On its way.", key="a")
    assert answered.messages[-1].by_staff == owner.id
    assert (subjects(owner), subjects(owner, CaseState.ANSWERED)) == ([], ["Late"])
    service.say(ada, case.id, "Thanks, and the other?", key="b")
    assert subjects(owner) == ["Late"]
    service.close(ada, case.id)
    assert service.close(owner, case.id).version == 4
    assert (subjects(owner), subjects(owner, CaseState.CLOSED)) == ([], ["Late"])
    said = [one.text for one in service.case_of(ada, case.id).messages]
    assert said == ["Where is it?", "On its way.", "Thanks, and the other?"]
    told = [name for name in rows.facts() if name.startswith("aftersales.")]
    assert told == ["aftersales.HelpAsked", "aftersales.HelpGiven", "aftersales.HelpAsked"]
    assert "Where is it?" not in repr(rows.of_kind("outbox", "FACT"))


def test_who_has_a_higher_tier_is_answered_first(shop: Shop, stage: Clock) -> None:
    people = {}
    for name, teas in (("member", 1), ("silver", 6), ("gold", 20), ("late gold", 20)):
        actor, token = a_member(f"{name.replace(' ', '')}@shop.example")
        earned(shop, token, {TEA: teas})
        people[name] = actor
    for name, actor in people.items():
        stage.forward(60)
        service.ask(actor, name, "Help!", key=name)
    assert subjects(KEEPER) == ["gold", "late gold", "member", "silver"]
    assert [one.standing.tier for one in service.listed(KEEPER, CaseState.WAITING).items] == [
        "gold",
        "gold",
        "member",
        "silver",
    ]
    stage.forward(60)
    service.say(people["gold"], service.cases_of(people["gold"]).items[0].id, "Well?", key="x")
    assert subjects(KEEPER)[0] == "gold", "who asks again does not lose the place"


def test_it_is_nobody_elses(shop: Shop) -> None:
    ada, token = a_member()
    eve, _ = a_member("eve@shop.example")
    shop.goods("bolt", "NUT")
    order = order_of(shop, token)
    case = service.ask(ada, "Late", "Where is it?", order_id=order, key="k")
    for other in (eve, shop.sellers["bolt"].owner, KEEPER):
        for verb in (
            lambda actor: service.case_of(actor, case.id),
            lambda actor: service.say(actor, case.id, "Mine!", key="k"),
            lambda actor: service.close(actor, case.id),
        ):
            with pytest.raises(NoCase):
                verb(other)
    with pytest.raises(NotFound):
        service.ask(eve, "Late", "Where is it?", order_id=order, key="k")
    with pytest.raises(NoCase):
        service.case_of(ada, "cas_nothing")
    with pytest.raises(Forbidden):
        service.listed(ada, CaseState.WAITING)


def test_a_press_counts_once(shop: Shop) -> None:
    ada, _ = a_member()
    one, two = (service.ask(ada, "Late", "Where is it?", key="k") for _ in range(2))
    assert one == two
    for _ in range(2):
        service.say(ada, one.id, "Well?", key="k2")
        service.say(KEEPER, one.id, "Soon.", key="k3")
    assert len(service.case_of(ada, one.id).messages) == 3
    assert len(service.cases_of(ada).items) == 1


def test_only_so_many_are_open(shop: Shop) -> None:
    ada, _ = a_member()
    cases = [service.ask(ada, f"No. {n}", "Help!", key=str(n)) for n in range(OPEN_MAX)]
    with pytest.raises(TooManyCases):
        service.ask(ada, "More", "Help!", key="more")
    service.close(ada, cases[0].id)
    service.ask(ada, "More", "Help!", key="more")


def test_two_who_write_at_once_both_stand(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, _ = a_member()
    case = service.ask(ada, "Late", "Where is it?", key="k")
    real, twice = store.keep, []

    def keep(fresh):
        if not twice:
            twice.append(1)
            service.say(KEEPER, case.id, "Soon.", key="first")
        return real(fresh)

    monkeypatch.setattr(store, "keep", keep)
    seen = service.say(ada, case.id, "Well?", key="second")
    assert [one.text for one in seen.messages] == ["Where is it?", "Soon.", "Well?"]
    monkeypatch.undo()
    with pytest.raises(CaseChanged):
        transact.commit([store.keep(case)])


def test_it_is_gone_with_the_member(shop: Shop, stage: Clock) -> None:
    ada, _ = a_member()
    case = service.ask(ada, "Late", "Where is it?", key="k")
    assert [one.subject for one in privacy.held(ada.id)["help.json"]] == ["Late"]
    privacy.erase(ada, "ERASE")
    with pytest.raises(NotFound):
        service.say(KEEPER, case.id, "Too late.", key="k")
    for _ in range(2):
        service.forget_member(ada.id)
    assert rows.of_kind("aftersales", "CASE") == []
    with pytest.raises(NotFound):
        service.ask(ada, "Late", "Where is it?", key="k")
    identity.end_sessions(ada.id)
