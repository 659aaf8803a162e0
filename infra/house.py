"""The operator's verbs that the application itself carries out, run here against a stage.

The services are those that the functions run, with the functions' own settings, read from the API
function's configuration, and with the operator's AWS credentials.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import msgspec

from infra import access, outputs

if TYPE_CHECKING:
    from chalicelib.contexts.promotions.model.issues import Progress, Segment
    from chalicelib.contexts.promotions.model.taxes import TaxRule
    from chalicelib.contexts.settlement.model import Statement

PASSWORD_BYTES = 12
FIRST_KEY = "First key"
EVERYBODY = "everybody"
ISSUE_VERBS = ("show", "pause", "resume")


@dataclass(frozen=True, slots=True)
class SignIn:
    """A console sign-in whose password nobody else knows."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class OpenedMerchant:
    """A merchant that may sell, its owner's sign-in, and an API key that is shown once."""

    id: str
    code: str
    owner: SignIn
    api_key: str


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """What a platform begins with. `sign_in` is None where the address had one already."""

    sign_in: SignIn | None
    categories: int


def enter(stage: str) -> None:
    """Take on the settings of the stage's functions, so that services work on its tables."""
    from chalicelib.aws.settings import settings

    name = outputs.of(stage)["APIHandlerName"]
    configuration = boto3.client("lambda").get_function_configuration(FunctionName=name)
    variables = configuration["Environment"]["Variables"]
    os.environ |= {key: value for key, value in variables.items() if key.startswith("SOUK_")}
    settings.cache_clear()


def bootstrap(email: str, categories: Path) -> Bootstrapped:
    """Make the platform's console sign-in, and put the categories of a file and a sitemap in place.

    Again, it leaves the sign-in as it is and loads the file anew. The schedule that writes the
    sitemap first strikes an hour after the deployment; search engines may ask before.
    """
    from chalicelib.contexts.catalog import service as catalog
    from chalicelib.contexts.catalog.service import sitemaps
    from chalicelib.contexts.identity import service as identity
    from chalicelib.contexts.identity.model import CannotRegister
    from chalicelib.kernel.actors import SYSTEM

    tree = catalog.load_categories(SYSTEM, _read(categories))
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    try:
        made = SignIn(identity.bootstrap_platform(email, password).email, password)
    except CannotRegister:
        made = None
    sitemaps.write()
    return Bootstrapped(made, len(tree.categories))


def open_merchant(name: str, email: str) -> OpenedMerchant:
    """Approve a new merchant at once, with an owner for its console and a key for its programs.

    All in one transaction: a refusal, such as an address in use, leaves nothing behind.
    """
    from chalicelib.aws.transact import Write
    from chalicelib.contexts.identity import service as identity
    from chalicelib.contexts.merchants import Merchant
    from chalicelib.contexts.merchants import service as merchants
    from chalicelib.kernel.actors import SYSTEM, Role

    password = secrets.token_urlsafe(PASSWORD_BYTES)
    told: dict[str, str] = {}

    def people(merchant: Merchant) -> list[Write]:
        owner, joining = identity.joining(merchant.id, email, password, name, Role.OWNER)
        _, told["api_key"], key = identity.first_api_key(SYSTEM, merchant.id, FIRST_KEY)
        told["email"] = owner.email
        return [*joining, *key]

    merchant = merchants.open_merchant(SYSTEM, name=name, email=email, beside=people)
    owner = SignIn(told["email"], password)
    return OpenedMerchant(merchant.id, merchant.code, owner, told["api_key"])


def close_statements() -> "list[Statement]":
    """Close every merchant's statement now, as the schedule does once a day."""
    from chalicelib.contexts.settlement import service as settlement
    from chalicelib.kernel.actors import SYSTEM

    return settlement.close_statements(SYSTEM)


def reindex() -> None:
    """Have the listings of every merchant and the index that search reads written anew."""
    from chalicelib.contexts.catalog import service as catalog
    from chalicelib.contexts.search import service as search
    from chalicelib.kernel.actors import SYSTEM

    catalog.reindex(SYSTEM)
    search.rebuild(SYSTEM)


def spread_stock(sku: str, shards: int) -> int:
    """Spread a sku that many buy at once over several rows; returns how many units are free."""
    from chalicelib.contexts.inventory import service as inventory
    from chalicelib.kernel.actors import SYSTEM

    return inventory.spread(SYSTEM, sku, shards).available


class _Category(msgspec.Struct, omit_defaults=True):
    slug: str
    name: dict[str, str]
    parent: str = ""
    words: list[str] = []


class _Categories(msgspec.Struct):
    """The operator's file: parents before their children."""

    categories: list[_Category]


def _read(file: Path) -> Any:
    try:
        return msgspec.to_builtins(msgspec.json.decode(file.read_bytes(), type=_Categories))
    except (OSError, msgspec.MsgspecError) as reason:
        raise access.CannotOperate(f"The categories cannot be read from {file}: {reason}") from None


def put_taxes(file: Path) -> "tuple[TaxRule, ...]":
    """Put the tax rules of a file (JSON, a list of rules) in the place of those that hold."""
    from chalicelib.contexts.promotions.model.taxes import TaxRule
    from chalicelib.contexts.promotions.service import taxes
    from chalicelib.kernel.actors import SYSTEM

    try:
        rules = msgspec.json.decode(file.read_bytes(), type=list[TaxRule])
    except (OSError, msgspec.DecodeError) as reason:
        raise access.CannotOperate(f"{file} is no list of tax rules: {reason}") from None
    return taxes.put_taxes(SYSTEM, rules)


def share_offer(merchant: str, offer_id: str, percent: str) -> float:
    """Let the platform pay a part of what a merchant's offer takes off; returns it in percent. `merchant`
    is a code or an id.
    """
    from chalicelib.contexts.merchants import service as merchants
    from chalicelib.contexts.promotions.model.offers import BPS_ALL
    from chalicelib.contexts.promotions.service import offers
    from chalicelib.kernel.actors import SYSTEM

    try:
        bps = round(float(percent) * 100)
    except (ValueError, OverflowError):
        raise access.CannotOperate("PERCENT is a number, such as 30 or 12.5.") from None
    found = merchant if merchant.startswith("mer_") else merchants.by_code(merchant).id
    made = offers.share(SYSTEM, found, offer_id, bps)
    return (BPS_ALL - made.offer.merchant_bps) / 100


def issue_coupons(campaign_id: str, to: str, starts_at: str) -> str:
    """Hand a campaign's coupons out; returns the issue's id. `to` is `everybody`, or `tiers:silver,gold`,
    `since:TIME`, `until:TIME`, `members:acc_…,acc_…`, several of these with spaces between.
    """
    from chalicelib.contexts.promotions.service import issues
    from chalicelib.kernel.actors import SYSTEM

    return issues.start_issue(SYSTEM, campaign_id, segment_of(to), starts_at=starts_at).id


def segment_of(to: str) -> "Segment":
    """Read whom an operator means."""
    from chalicelib.contexts.promotions.model.issues import Segment

    told: dict[str, Any] = {}
    if not to.split():
        raise access.CannotOperate(f"TO says nobody; it is {EVERYBODY}, tiers:…, since:…")
    for word in to.split():
        name, _, value = word.partition(":")
        if word == EVERYBODY:
            continue
        if name in {"since", "until"} and value:
            told[name] = value
        elif name in {"tiers", "members"} and value.strip(","):
            kind = frozenset if name == "tiers" else tuple
            told[name] = kind(filter(None, value.split(",")))
        else:
            raise access.CannotOperate(f"TO says {word!r}; it is {EVERYBODY}, tiers:…, since:…")
    return Segment(**told)


def move_issue(issue_id: str, verb: str) -> "Progress":
    """Show, pause or resume an issue."""
    from chalicelib.contexts.promotions.service import issues
    from chalicelib.kernel.actors import SYSTEM

    moves = {"pause": issues.pause_issue, "resume": issues.resume_issue}
    return moves.get(verb, issues.progress_of)(SYSTEM, issue_id)
