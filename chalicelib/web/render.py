"""Pages from templates: one Jinja environment a container, strict and escaping."""

import json
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from chalicelib.aws.settings import settings
from chalicelib.kernel.pictures import renditions
from chalicelib.web import sharing
from chalicelib.web.addresses import in_language
from chalicelib.web.i18n import LANGUAGE_NAMES, LOCALES, Words

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment

COMPILED = Path(__file__).resolve().parent / "compiled"
STRIPE_CHECKOUT = "https://checkout.stripe.com"


class Frame(Struct, frozen=True, kw_only=True):
    """What every page knows besides its own view: who looks at it, from where, in which language.

    A public page knows nothing of its visitor; fragments fill that in. `path` and `here` are addresses without a language; `link` in templates puts `address_locale`'s
    prefix before them. `shelf` is what the area's layout shows on all of its pages (the shop's
    categories).
    """

    locale: str
    address_locale: str = ""
    area: str
    path: str
    here: str
    is_public: bool
    is_indexed: bool
    token: Callable[[], str]
    is_signed_in: bool
    cart_count: int
    request_id: str
    shelf: Any = None

    @property
    def csrf(self) -> str:
        """The token for a form. Only pages that ask for it give a visitor a cookie."""
        return self.token()

    @property
    def languages(self) -> Mapping[str, str]:
        """What each language calls itself."""
        return LANGUAGE_NAMES

    @property
    def other_locale(self) -> str:
        return next(locale for locale in LOCALES if locale != self.locale)


def render(template: str, *, words: Words, frame: Frame, view: Any) -> str:
    """Render a template with its view. `view` is a dataclass, computed before."""
    context = {"words": words, "frame": frame, "view": view}
    return environment().get_template(template).render(context)


@cache
def environment() -> "Environment":
    """Build the environment on first use: most requests are a program's and need none."""
    from jinja2 import Environment, StrictUndefined, pass_context
    from jinja2.runtime import Context

    @pass_context
    def say(context: Context, message: str) -> str:
        return str(context["words"].say(message))

    @pass_context
    def link(context: Context, path: str) -> str:
        return in_language(context["frame"].address_locale, path)

    @pass_context
    def say_count(context: Context, one: str, many: str, number: int) -> str:
        catalogue = context["words"]
        return str(catalogue.plural(one, many, number))

    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        loader=loader(templates_root()),
    )
    made.install_gettext_callables(say, say_count, newstyle=True)  # type: ignore[attr-defined]
    made.globals["static"] = static
    made.globals["link"] = link
    for tell in (
        sharing.absolute,
        sharing.alternates,
        sharing.breadcrumbs,
        sharing.canonical,
        sharing.item_list,
        sharing.site,
    ):
        made.globals[tell.__name__] = tell
    made.filters["ld_json"] = ld_json
    made.filters["renditions"] = renditions
    return made


def loader(root: Path, compiled: Path = COMPILED) -> "BaseLoader":
    """Load templates as Python modules where the package holds them, else from their sources.

    Parsing and compiling are most of what a page costs a function that has just woken.
    """
    from jinja2 import FileSystemLoader, ModuleLoader

    return ModuleLoader(compiled) if compiled.is_dir() else FileSystemLoader(root)


def compile_templates(root: Path, target: Path) -> None:
    """Compile the pages below a folder into modules; the packaging does it."""
    from jinja2 import FileSystemLoader

    sources = environment().overlay(loader=FileSystemLoader(root))
    sources.compile_templates(target, zip=None, ignore_errors=False, filter_func=is_page)


def is_page(name: str) -> bool:
    """Tell the templates of pages from those of mail, which have filters of their own."""
    return name.endswith(".html") and not name.startswith("mail/")


def static(path: str) -> str:
    """Give the address of a static file; a new version of Souk has new addresses."""
    return f"{settings().static_url}/{path}?v={settings().version}"


def ld_json(value: Any) -> Any:
    """Write structured data so that nothing in it can end its script element."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(  # noqa: S704 - what could end the element is written as escapes
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    )


@cache
def content_security_policy(form_target: str = "") -> str:
    """Nothing inline, nothing foreign; forms go to this shop, and on to the payment companies.

    `form_target` is one more address that a page's form goes to: where files are handed in.
    """
    files = {_origin(settings().static_url), _origin(settings().media_url)} - {""}
    pictures = " ".join(["'self'", "data:", *sorted(files)])
    own = " ".join(["'self'", *sorted({_origin(settings().static_url)} - {""})])
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {own}",
            f"style-src {own}",
            f"img-src {pictures}",
            f"font-src {own}",
            f"manifest-src {own}",
            "connect-src 'self'",
            f"media-src {pictures}",
            " ".join(
                ["form-action 'self'", *_payment_origins(), *filter(None, [_origin(form_target)])]
            ),
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
        ]
    )


@cache
def templates_root() -> Path:
    """Where templates/ lies: the checkout, the Lambda zip root, or a Lambda layer."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layer = Path("/opt/python/lib") / version / "site-packages"
    for base in (Path(__file__).resolve().parents[2], layer):
        if (base / "templates").is_dir():
            return base / "templates"
    raise RuntimeError("templates/ is not in this package: was vendor/templates packaged?")


def _payment_origins() -> list[str]:
    """Browsers hold a form's redirect to form-action too, and checkout redirects to the company."""
    origins = [_origin(settings().sandbox_url)] if settings().sandbox_url else []
    return origins + ([STRIPE_CHECKOUT] if settings().stripe_key else [])


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
