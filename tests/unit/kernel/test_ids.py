"""Ids: sortable, unguessable, and derived where a cause must meet itself."""

from chalicelib.kernel import ids


def test_ulids_sort_in_the_order_they_were_made(clock) -> None:
    made = []
    for _ in range(200):
        made.append(ids.ulid())
        clock.forward(0.0004)
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {len(one) for one in made} == {26}


def test_a_cause_leads_to_one_id() -> None:
    assert ids.derived("ref", "a", "b") == ids.derived("ref", "a", "b")
    assert ids.derived("ref", "a", "b") != ids.derived("ref", "ab")


def test_secrets_have_their_prefix_and_160_bits() -> None:
    assert ids.secret("key").startswith("key_")
    assert len(ids.secret("key")) == 4 + 32
    assert ids.secret("key") != ids.secret("key")
