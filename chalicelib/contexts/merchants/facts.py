"""What merchants say happened."""

from typing import ClassVar

from chalicelib.kernel.facts import Fact


class MerchantApproved(Fact, frozen=True, kw_only=True):
    """A merchant may sell, for the first time or again; its listed products may be shown."""

    name: ClassVar[str] = "merchants.MerchantApproved"

    merchant_id: str
    code: str
    names: dict[str, str]

    @property
    def aggregate(self) -> str:
        return self.merchant_id


class MerchantSuspended(Fact, frozen=True, kw_only=True):
    """A merchant may not sell for now; its products are hidden, its orders go on."""

    name: ClassVar[str] = "merchants.MerchantSuspended"

    merchant_id: str
    code: str
    names: dict[str, str]
    reason: str

    @property
    def aggregate(self) -> str:
        return self.merchant_id
