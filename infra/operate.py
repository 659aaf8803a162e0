"""The operator's commands, as the Makefile names them."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from chalicelib.kernel.errors import Refusal
from infra import access, house, queues
from infra.wiring import STAGES

Arguments = argparse.Namespace
BAR = 40


def _status(arguments: Arguments) -> None:
    depths = queues.status(arguments.stage)
    print(f"{'queue':<22}{'waiting':>9}{'in flight':>11}{'dead':>7}")
    for depth in depths:
        print(f"{depth.queue:<22}{depth.waiting:>9}{depth.in_flight:>11}{depth.dead:>7}")


def _redrive(arguments: Arguments) -> None:
    print(f"{queues.redrive(arguments.stage, arguments.queue)} dead letters sent back")


def _bootstrap(arguments: Arguments) -> None:
    house.enter(arguments.stage)
    made = house.bootstrap(arguments.email, Path(arguments.categories))
    print(f"categories:       {made.categories}")
    if made.sign_in is None:
        print(f"platform sign-in: {arguments.email} has one already; it stays as it is")
    else:
        print(f"platform sign-in: {made.sign_in.email}  {made.sign_in.password}")
        print("The password is shown this once.")


def _merchant(arguments: Arguments) -> None:
    house.enter(arguments.stage)
    made = house.open_merchant(arguments.name, arguments.email)
    print(f"merchant:        {made.id} ({made.code})")
    print(f"console sign-in: {made.owner.email}  {made.owner.password}")
    print(f"API key:         {made.api_key}")
    print("The password and the key are shown this once.")


def _close_statements(arguments: Arguments) -> None:
    house.enter(arguments.stage)
    closed = house.close_statements()
    for one in closed:
        owed = f"{one.owed.amount} {one.owed.currency}"
        print(f"{one.id}  {one.merchant_id}  {one.entries} entries  owed {owed} (minor units)")
    print(f"{len(closed)} statements closed")


def _spread_stock(arguments: Arguments) -> None:
    if not (arguments.shards.isascii() and arguments.shards.isdigit()):
        raise access.CannotOperate("SHARDS is a number of rows, such as 4.")
    house.enter(arguments.stage)
    free = house.spread_stock(arguments.sku, int(arguments.shards))
    print(f"{arguments.sku}: {free} free units lie over {arguments.shards} rows")


def _taxes(arguments: Arguments) -> None:
    house.enter(arguments.stage)
    rules = house.put_taxes(Path(arguments.file))
    for one in rules:
        place = f"{one.country} {one.region}".strip()
        how = "in the price" if one.is_included else "added"
        print(f"{place:<8} {one.rate_bps / 100:g}% {how}  {one.on} {one.category}".rstrip())
    print(f"{len(rules)} tax rules hold from now on")


def _share_offer(arguments: Arguments) -> None:
    house.enter(arguments.stage)
    percent = house.share_offer(arguments.merchant, arguments.offer, arguments.percent)
    print(f"{arguments.offer}: the platform pays {percent:g}% of what it takes off from now on")


def _issue_coupons(arguments: Arguments) -> None:
    house.enter(arguments.stage)
    starts_at = "" if arguments.at == "now" else arguments.at
    issue_id = house.issue_coupons(arguments.campaign, arguments.to, starts_at)
    print(f"issue: {issue_id}")
    _print_progress(issue_id, "show")


def _issue(arguments: Arguments) -> None:
    if arguments.verb not in house.ISSUE_VERBS:
        raise access.CannotOperate(f"DO is one of {', '.join(house.ISSUE_VERBS)}.")
    house.enter(arguments.stage)
    _print_progress(arguments.issue, arguments.verb)


def _print_progress(issue_id: str, verb: str) -> None:
    """Print how far an issue is, with a bar of what is planned of it."""
    seen = house.move_issue(issue_id, verb)
    full = 0 if not seen.members else seen.seen * BAR // seen.members
    planned = f"{seen.shards_planned} of {seen.shards} shards planned"
    print(
        f"{seen.state:<10} [{'#' * full}{'.' * (BAR - full)}] {seen.seen} of {seen.members} members"
    )
    print(
        f"{seen.issued} coupons given, {seen.short} found none left, {seen.skipped} not meant; {planned}"
    )


def _reindex(arguments: Arguments) -> None:
    house.enter(arguments.stage)
    house.reindex()
    print("Asked for; `make status` shows when the queue catalog-imports is through.")
    print(
        "The index that search reads is built within five minutes and serves as it is until then."
    )


def _doctor(arguments: Arguments) -> None:
    from infra.doctor import visit

    report = visit.visit(arguments.stage)
    print("\n".join(visit.words(arguments.stage, report)))
    if not report.is_well:
        sys.exit(1)


COMMANDS: dict[str, tuple[Callable[[Arguments], None], tuple[str, ...]]] = {
    "status": (_status, ()),
    "doctor": (_doctor, ()),
    "redrive": (_redrive, ("queue",)),
    "bootstrap": (_bootstrap, ("email", "categories")),
    "merchant": (_merchant, ("name", "email")),
    "spread-stock": (_spread_stock, ("sku", "shards")),
    "close-statements": (_close_statements, ()),
    "reindex": (_reindex, ()),
    "taxes": (_taxes, ("file",)),
    "share-offer": (_share_offer, ("merchant", "offer", "percent")),
    "issue-coupons": (_issue_coupons, ("campaign", "to", "at")),
    "issue": (_issue, ("issue", "verb")),
}
"""Command -> what it does and the words it takes; the Makefile passes the words on."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="infra.operate", description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    commands: Any = parser.add_subparsers(required=True)
    for name, (run, words) in COMMANDS.items():
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        for word in words:
            command.add_argument(word, type=_not_empty)
    return parser


def _not_empty(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("is missing; see `make help`")
    return text.strip()


def main() -> None:
    arguments = _parser().parse_args()
    try:
        access.use(arguments.stage)
        arguments.run(arguments)
    except Refusal as refusal:
        sys.exit(refusal.detail)
    except EndpointConnectionError as refusal:
        sys.exit(access.NOT_RUNNING if arguments.stage == "local" else str(refusal))
    except (access.CannotOperate, BotoCoreError, ClientError) as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
