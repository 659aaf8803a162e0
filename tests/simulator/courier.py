"""A courier that moves parcels, and tells of it twice, too late, in leaps and against itself."""

from typing import Any

from chalicelib.kernel import clock
from tests.simulator.company import RETRY_AFTER_S
from tests.simulator.world import HOUR_S, World

WAY = ("picked_up", "in_transit", "out_for_delivery", "delivered")
WEIRD = ("teleported", "eaten_by_a_dog")


class Courier:
    """Carries what merchants ship; `ended` holds each parcel's last true word."""

    def __init__(self, world: World) -> None:
        self.world, self.chance = world, world.chance
        self.ended: dict[str, str] = {}
        self._number = 0

    def carry(self, number: str) -> None:
        """Take a parcel; its moves follow over some days, whatever else is said of it."""
        at = 0.0
        words = list(WAY)
        if not self.world.is_closing:
            words = self._route()
        for word in words:
            at += self.chance.uniform(HOUR_S, 20 * HOUR_S)
            self._say(number, word, at)
        self.ended[number] = words[-1]
        if not self.world.is_closing:
            self._confuse(number, at)

    def _route(self) -> list[str]:
        drawn = self.chance.random()
        if drawn < 0.25:
            self.world.count("courier leaps")
            return ["delivered"] if drawn < 0.1 else ["in_transit", "delivered"]
        if drawn < 0.32:
            return ["picked_up", "exception", "returning", "returned"]
        return ["picked_up", "exception", *WAY[1:]] if drawn < 0.4 else list(WAY)

    def _confuse(self, number: str, at: float) -> None:
        drawn = self.chance.random()
        if drawn < 0.15:
            self.world.count("courier contradicts itself")
            self._say(number, self.chance.choice(WAY[:3]), at + HOUR_S)
        elif drawn < 0.25:
            self.world.count("courier's unknown word")
            self._say(number, self.chance.choice(WEIRD), at / 2)
        elif drawn < 0.3:
            self.world.count("unknown parcel")
            self._say(f"{number}X", "delivered", at, expects=404)

    def _say(self, number: str, word: str, after_s: float, expects: int = 200) -> None:
        self._number += 1
        name = f"trk_{self._number}"
        late_s = self.chance.uniform(0, 48 * HOUR_S) if self.chance.random() < 0.15 else 0
        at = clock.iso(clock.later(clock.now(), int(after_s)))
        self._send(name, number, word, at, expects, 0, after_s + late_s)
        if self.chance.random() < 0.15:
            self.world.count("courier repeats itself")
            self._send(name, number, word, at, expects, 0, after_s + late_s + 900)

    def _send(
        self,
        name: str,
        number: str,
        word: str,
        at: str,
        expects: int,
        attempt: int,
        after_s: float,
    ) -> None:
        def deliver() -> str:
            reply: Any = self.world.ask(
                lambda: self.world.shop.courier(f"shipment.{word}", number, at=at, event_id=name)
            )
            if reply is None or reply.status >= 500:
                wait_s = RETRY_AFTER_S[min(attempt, len(RETRY_AFTER_S) - 1)]
                self._send(name, number, word, at, expects, attempt + 1, wait_s)
            else:
                assert reply.status == expects, f"{word} was answered {reply.text}"
            return self.world.said(reply)

        self.world.later(after_s, "courier", f"{name} {word} {number[-8:]}", deliver)
