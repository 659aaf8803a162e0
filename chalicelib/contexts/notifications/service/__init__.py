"""What notifications does: one mail for one fact."""

from msgspec.structs import replace

from chalicelib.aws.secrets import token_for
from chalicelib.aws.settings import settings
from chalicelib.contexts.aftersales.facts import HelpGiven
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.identity.facts import CodeRequested
from chalicelib.contexts.notifications import model, store
from chalicelib.contexts.notifications.model import Letter
from chalicelib.contexts.notifications.service.rendering import mail_of, text_of
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.facts import Fact
from chalicelib.providers.messaging import mailer, texter


def notify(fact: Fact, letter: Letter) -> None:
    """Send the letter that a fact leads to, unless it was sent before.

    The intention is saved before the carrier is asked and the outcome after, so a repeated fact
    sends nothing. A crash exactly between the carrier's word and its saving sends the mail again:
    carriers know no key to ask by, and a mail twice is better than none.
    """
    if not letter.to:
        return
    store.intend(fact.id, letter.message, letter.purchase_id)
    if "@" in letter.to:
        whole = replace(letter, url=letter.url or _url(letter.purchase_id))
        message_id = mailer().send(mail_of(whole))
    else:
        message_id = texter().send(text_of(letter))
    store.sent(fact.id, letter.message, message_id)


def notify_of_code(fact: CodeRequested) -> None:
    """Send a one-time code to its account's login; nobody's login is sent nothing."""
    if not fact.account_id:
        return
    account = identity.account(fact.account_id)
    to = account.email or account.phone
    notify(fact, model.of_code(fact, to, identity.code_of(fact.request_id)))


def notify_of_help(fact: HelpGiven) -> None:
    """Tell a member by mail that there is an answer. Who left, or has no address, is told nothing."""
    try:
        account = identity.account(fact.member_id)
    except NotFound:
        return
    url = f"{settings().shop_url}/account/support/{fact.case_id}"
    if account.email:
        notify(fact, model.of_help(fact, account.email, account.locale, url))


def _url(purchase_id: str) -> str:
    if not purchase_id:
        return settings().shop_url
    return f"{settings().shop_url}/orders/{purchase_id}?token={token_for(purchase_id)}"
