"""Settings: the one place that reads the environment. Frozen, checked once, then cached."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

ROOMS = (
    "identity",
    "merchants",
    "catalog",
    "inventory",
    "shipping",
    "payments",
    "members",
    "promotions",
    "cart",
    "orders",
    "aftersales",
    "settlement",
    "notifications",
    "privacy",
)
TABLES = (*ROOMS, "idempotency", "outbox")
LOOPBACK = "127.0.0.1"
_CURRENCY = re.compile(r"[A-Z]{3}")
_LOGIN = re.compile(r"[a-z0-9-]{1,30}")
LOGIN_NEEDS = {
    "oidc": ("issuer", "client_id", "client_secret"),
    "wechat": ("app_id", "secret"),
    "qq": ("app_id", "secret"),
    "alipay": ("app_id", "private_key", "alipay_public_key"),
}
"""What each kind of company that signs people in must be told."""


class SettingsWrong(RuntimeError):
    """The environment lacks a setting or holds one that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What differs between stages. Durations are seconds, rates ten-thousandths (bps).

    A provider exists where its secret is set: `sandbox_payment_secret`, `stripe_key`; an empty
    text means that it does not. Without `search_bucket` the built-in index serves alone. `logins` are the companies that sign people in, by name.

    Points are earned at `points_earn_bps` of what goods cost and pay up to `points_spend_bps` of it; 0
    turns either off. `tiers` is a shop's own ladder as JSON, "" the usual one.
    """

    stage: str
    version: str
    tables: Mapping[str, str]
    bus: str
    catalog_imports_queue_url: str
    catalog_pictures_queue_url: str
    promotions_issues_queue_url: str
    media_bucket: str
    uploads_bucket: str
    shop_url: str
    token_secret: str = field(repr=False)
    mail_from: str
    edge_secret: str = field(default="", repr=False)
    search_bucket: str = ""
    currency: str = "GBP"
    media_url: str = "/media"
    static_url: str = "/static"
    commission_bps: int = 1_000
    hold_ttl_s: int = 1_800
    complete_after_s: int = 7 * 86_400
    points_earn_bps: int = 100
    points_spend_bps: int = 5_000
    tiers: str = ""
    picture_hosts: tuple[str, ...] = ()
    catalog_import_writers: int = 8
    sandbox_url: str = ""
    sandbox_payment_secret: str = field(default="", repr=False)
    sandbox_courier_secret: str = field(default="", repr=False)
    stripe_key: str = field(default="", repr=False)
    stripe_webhook_secret: str = field(default="", repr=False)
    stripe_url: str = "https://api.stripe.com"
    logins: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    @property
    def is_prod(self) -> bool:
        return self.stage == "prod"

    @property
    def origin(self) -> str:
        """The shop's origin (RFC 6454), as browsers write it."""
        return _origin(self.shop_url)

    @property
    def named_origin(self) -> str:
        """The shop's origin by a name: passkeys belong to names, and one machine's is `localhost`."""
        return self.origin.replace(f"://{LOOPBACK}", "://localhost", 1)

    @property
    def named_host(self) -> str:
        """The name that passkeys belong to."""
        return urlsplit(self.named_origin).hostname or ""


@cache
def settings() -> Settings:
    """Read and check the environment on first use. Raises `SettingsWrong`, naming the variable."""
    return load(os.environ)


def load(env: Mapping[str, str]) -> Settings:
    """Make settings from variables named `SOUK_…`."""
    stage = _required(env, "SOUK_STAGE")
    sandbox = {} if stage == "prod" else _sandbox(env)
    currency = env.get("SOUK_CURRENCY", "GBP")
    if not _CURRENCY.fullmatch(currency):
        raise SettingsWrong("SOUK_CURRENCY is not an ISO 4217 code")
    return Settings(
        stage=stage,
        version=env.get("SOUK_VERSION", "0"),
        tables={room: _required(env, f"SOUK_{room.upper()}_TABLE") for room in TABLES},
        bus=_required(env, "SOUK_BUS"),
        catalog_imports_queue_url=_required(env, "SOUK_CATALOG_IMPORTS_QUEUE_URL"),
        catalog_pictures_queue_url=_required(env, "SOUK_CATALOG_PICTURES_QUEUE_URL"),
        promotions_issues_queue_url=_required(env, "SOUK_PROMOTIONS_ISSUES_QUEUE_URL"),
        media_bucket=_required(env, "SOUK_MEDIA_BUCKET"),
        uploads_bucket=_required(env, "SOUK_UPLOADS_BUCKET"),
        shop_url=_required(env, "SOUK_SHOP_URL").rstrip("/"),
        token_secret=_required(env, "SOUK_TOKEN_SECRET"),
        mail_from=_required(env, "SOUK_MAIL_FROM"),
        edge_secret=env.get("SOUK_EDGE_SECRET", ""),
        search_bucket=env.get("SOUK_SEARCH_BUCKET", ""),
        currency=currency,
        media_url=env.get("SOUK_MEDIA_URL", "/media"),
        static_url=env.get("SOUK_STATIC_URL", "/static"),
        commission_bps=_whole(env, "SOUK_COMMISSION_BPS", 1_000, most=10_000),
        hold_ttl_s=_whole(env, "SOUK_HOLD_TTL_S", 1_800, most=7 * 86_400),
        complete_after_s=_whole(env, "SOUK_COMPLETE_AFTER_S", 7 * 86_400, most=365 * 86_400),
        points_earn_bps=_whole(env, "SOUK_POINTS_EARN_BPS", 100, most=10_000),
        points_spend_bps=_whole(env, "SOUK_POINTS_SPEND_BPS", 5_000, most=10_000),
        tiers=env.get("SOUK_TIERS", ""),
        picture_hosts=tuple(filter(None, env.get("SOUK_PICTURE_HOSTS", "").split(","))),
        catalog_import_writers=_whole(env, "SOUK_CATALOG_IMPORT_WRITERS", 8, most=64),
        stripe_key=env.get("SOUK_STRIPE_KEY", ""),
        stripe_webhook_secret=env.get("SOUK_STRIPE_WEBHOOK_SECRET", ""),
        stripe_url=env.get("SOUK_STRIPE_URL", "https://api.stripe.com").rstrip("/"),
        logins=_logins(env),
        **sandbox,
    )


def _sandbox(env: Mapping[str, str]) -> dict[str, str]:
    return {
        "sandbox_url": env.get("SOUK_SANDBOX_URL", "").rstrip("/"),
        "sandbox_payment_secret": env.get("SOUK_SANDBOX_PAYMENT_SECRET", ""),
        "sandbox_courier_secret": env.get("SOUK_SANDBOX_COURIER_SECRET", ""),
    }


def _logins(env: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Read the companies that sign people in: name -> `kind` and what that kind needs."""
    try:
        found = json.loads(env.get("SOUK_LOGINS") or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(map(_is_login, found.items())):
        kinds = ", ".join(LOGIN_NEEDS)
        raise SettingsWrong(f"SOUK_LOGINS is no JSON object of companies of the kinds {kinds}")
    return found


def _is_login(pair: tuple[str, object]) -> bool:
    name, told = pair
    if not _LOGIN.fullmatch(name) or not isinstance(told, dict):
        return False
    needs = LOGIN_NEEDS.get(told.get("kind", ""))
    return needs is not None and all(isinstance(told.get(one), str) and told[one] for one in needs)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise SettingsWrong(f"{name} is not set")
    return value


def _whole(env: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise SettingsWrong(f"{name} is not a whole number up to {most}")
    return int(text)
