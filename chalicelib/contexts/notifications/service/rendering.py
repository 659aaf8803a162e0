"""Mails from templates: `templates/mail/<message>/subject.txt`, `body.txt` and `body.html`."""

from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.contexts.notifications.model import Letter
from chalicelib.kernel.money import Money
from chalicelib.providers.messaging import Mail, Text
from chalicelib.web.i18n import Words, words
from chalicelib.web.render import templates_root

if TYPE_CHECKING:
    from jinja2 import Environment


def mail_of(letter: Letter) -> Mail:
    """Write a letter in its language, as text and as HTML."""
    language = words(letter.locale)
    view: dict[str, Any] = {"letter": letter, "words": language}
    folder = f"mail/{letter.message}"
    environment = _environment()
    subject = environment.get_template(f"{folder}/subject.txt").render(view)
    return Mail(
        to=letter.to,
        subject=" ".join(subject.split()),
        text=environment.get_template(f"{folder}/body.txt").render(view).strip() + "\n",
        html=environment.get_template(f"{folder}/body.html").render(view),
    )


def text_of(letter: Letter) -> Text:
    """Write a letter in its language as a short message to a phone."""
    view: dict[str, Any] = {"letter": letter, "words": words(letter.locale)}
    said = _environment().get_template(f"mail/{letter.message}/text.txt").render(view)
    return Text(to=letter.to, text=" ".join(said.split()))


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
    from jinja2.runtime import Context

    @pass_context
    def say(context: Context, message: str) -> str:
        language: Words = context["words"]
        return language.say(message)

    @pass_context
    def say_count(context: Context, one: str, many: str, number: int) -> str:
        language: Words = context["words"]
        return language.plural(one, many, number)

    @pass_context
    def money(context: Context, amount: Money) -> str:
        language: Words = context["words"]
        return language.money(amount).text

    made = Environment(
        autoescape=lambda name: bool(name and name.endswith(".html")),  # noqa: S701 - text is text
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        loader=FileSystemLoader(templates_root()),
    )
    made.install_gettext_callables(say, say_count, newstyle=True)  # type: ignore[attr-defined]
    made.filters["money"] = money
    return made
