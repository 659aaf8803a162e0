"""A brake for whoever guesses what another room keeps: the same waits as for wrong passwords."""

from msgspec import Struct

from chalicelib.aws import reads
from chalicelib.contexts.identity import model, store
from chalicelib.kernel import clock


class Guess(Struct, frozen=True):
    """A guess that may be made; `fails` counts it against what is guessed and who guesses."""

    about: str
    address: str
    wait_s: int

    def fails(self) -> None:
        now, key = clock.now(), store.guess_key(self.about)
        store.add_failure(key, reads.get(store.ThrottleItem, key.pk, key.sk), now)
        store.add_address_failure(store.address_key(self.address, now), now)


def guess(about: str, *, address: str) -> Guess:
    """Tell how long somebody has to wait before guessing; 0 is not at all. One round trip.

    `about` names what is guessed and for what, so that each room has its own count.
    """
    now = clock.now()
    failed, of_address = reads.batch([store.guess_key(about), store.address_key(address, now)])
    wait_s = store.wait_s(failed, now)
    if store.failures_of(of_address, now) >= model.ADDRESS_FAILURES_MAX:
        wait_s = max(wait_s, model.ADDRESS_WINDOW_S)
    return Guess(about, address, wait_s)
