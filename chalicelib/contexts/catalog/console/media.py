"""A product's pictures and videos: what came of each, their order, words and parts."""

from typing import Any

from chalice import Blueprint
from msgspec import Struct

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service
from chalicelib.contexts.catalog.model.products import IMAGE, LINK, ROLES, VIDEO, Media, Product
from chalicelib.contexts.catalog.service import media as pictures
from chalicelib.contexts.catalog.service.media import Arranged
from chalicelib.contexts.identity.console import staff
from chalicelib.kernel.errors import Forbidden, NotFound, NotSignedIn, Refusal
from chalicelib.kernel.picturing import PictureProblem
from chalicelib.web.forms import wrong
from chalicelib.web.i18n import N_, Words
from chalicelib.web.page import Html, Redirect, page
from chalicelib.web.render import content_security_policy
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

PRODUCTS = "/console/products"
ALT_LENGTH_MAX = 512
PROBLEMS = {
    PictureProblem.TOO_LARGE: N_("The file is too large: 20 MB for a picture, 50 MB for a video."),
    PictureProblem.TOO_MANY_PIXELS: N_("The picture has too many pixels: 12,000 a side at most."),
    PictureProblem.UNKNOWN_KIND: N_("This is no JPEG, PNG, GIF, WebP, MP4 or WebM."),
    PictureProblem.POLYGLOT: N_("The file is a picture and something else at once."),
    PictureProblem.BROKEN: N_("The picture is damaged and cannot be read."),
    PictureProblem.NOT_FETCHED: N_("The address does not answer; it is tried again for two days."),
}
assert set(PROBLEMS) == set(PictureProblem), "every problem has its words"
ROLE_NAMES = {
    "main": N_("Main picture"),
    "gallery": N_("Gallery"),
    "front": N_("Front"),
    "back": N_("Back"),
    "detail": N_("Detail"),
    "360": N_("All round"),
    "size_chart": N_("Size chart"),
    "poster": N_("Before the video"),
}
assert tuple(ROLE_NAMES) == ROLES, "every role has its words"
KINDS = {IMAGE: N_("Picture"), VIDEO: N_("Video"), LINK: N_("Video elsewhere")}


class MediaRowView(Struct, frozen=True, kw_only=True):
    """A picture or video as a line of the form."""

    key: str
    kind: str
    image: str
    address: str
    alt: str
    role: str
    place: int
    standing: str
    is_waiting: bool
    problem: str
    code: str


class UploadView(Struct, frozen=True):
    label: str
    accept: str
    url: str
    fields: dict[str, str]


class MediaView(Struct, frozen=True, kw_only=True):
    heading: str
    product_href: str
    action: str
    rows: list[MediaRowView]
    roles: list[tuple[str, str]]
    uploads: list[UploadView]
    standing: str
    is_waiting: bool
    url: str = ""
    alt: str = ""
    has_arrived: bool = False
    note: str = ""


@page(bp, "GET", "/console/products/{product}/pictures")
def show(visit: Visit, product: str) -> Html:
    return _page(visit, product)


def show_again(visit: Visit, refusal: Refusal, *, product: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound | Forbidden):
        raise refusal
    return _page(visit, product, refusal)


@page(bp, "POST", "/console/products/{product}/pictures", refused=show_again)
def arrange(visit: Visit, product: str) -> Redirect:
    """Put pictures in order and say what they show; the numbers of places decide."""
    fields = visit.fields
    keys = [name.removeprefix("place.") for name in fields if name.startswith("place.")]
    kept = [key for key in keys if not fields.text(f"remove.{key}")]
    places = {key: fields.whole(f"place.{key}") for key in kept}
    wanted = []
    for key in sorted(kept, key=lambda key: (places[key], keys.index(key))):
        alt, role = fields.text(f"alt.{key}"), fields.text(f"role.{key}")
        if len(alt) > ALT_LENGTH_MAX:
            raise wrong(f"alt.{key}", "out_of_range")
        if role and role not in ROLES:
            raise wrong(f"role.{key}", "unknown")
        wanted.append(Arranged(key, alt, role))
    found = pictures.arrange(staff(visit).actor, product, wanted)
    return Redirect(_path(found))


@page(bp, "POST", "/console/products/{product}/pictures/add", refused=show_again)
def add(visit: Visit, product: str) -> Redirect:
    """Add a picture or video by its address."""
    fields = visit.fields
    actor = staff(visit).actor
    if not fields.text("url"):
        raise wrong("url", "missing")
    found = pictures.add_media(
        actor, product, fields.text("url"), fields.text("alt")[:ALT_LENGTH_MAX]
    )
    return Redirect(_path(found))


def _page(visit: Visit, reference: str, refusal: Refusal | None = None) -> Html:
    actor, words = staff(visit).actor, visit.words
    product = service.own(actor, reference)
    path = _path(product)
    forms = pictures.upload_forms(
        actor, product.id, back=f"{settings().shop_url}{path}?arrived={len(product.content.media)}"
    )
    rows = [_row(one, place, words) for place, one in enumerate(product.content.media, start=1)]
    uploads = [_upload(words.say(N_("Picture from your device")), "image/*", forms.picture)]
    if product.image:
        uploads.append(
            _upload(words.say(N_("Video from your device")), "video/mp4,video/webm", forms.video)
        )
    arrived = visit.query_text.get("arrived", "")
    has_arrived = refusal is None and arrived == str(len(product.content.media))
    view = MediaView(
        heading=product.content.title,
        product_href=f"{PRODUCTS}/{product.id}",
        action=path,
        rows=rows,
        roles=[(role, words.say(label)) for role, label in ROLE_NAMES.items()],
        uploads=uploads,
        standing=",".join(f"{one.key}{one.standing}" for one in rows),
        is_waiting=has_arrived or any(one.is_waiting for one in rows),
        url=visit.fields.text("url"),
        alt=visit.fields.text("alt"),
        has_arrived=has_arrived,
        note=words.refusal(refusal) if refusal else "",
    )
    policy = content_security_policy(forms.picture["url"])
    return Html(
        "console/catalog/media.html",
        view,
        refusal.status if refusal else 200,
        headers={"Content-Security-Policy": policy},
    )


def _row(media: Media, place: int, words: Words) -> MediaRowView:
    problem = media.problem or (PictureProblem.NOT_FETCHED if media.tries and not media.url else "")
    return MediaRowView(
        key=pictures.key_of(media),
        kind=words.say(KINDS[media.kind]),
        image=media.url if media.is_picture else "",
        address="" if media.source.startswith("upload:") else media.source or media.url,
        alt=media.alt,
        role=media.role,
        place=place,
        standing="" if media.url else media.problem or str(media.tries),
        is_waiting=media.is_wanted and not media.tries,
        problem=words.say(PROBLEMS[PictureProblem(problem)]) if problem else "",
        code=problem,
    )


def _upload(label: str, accept: str, form: dict[str, Any]) -> UploadView:
    return UploadView(label, accept, form["url"], form["fields"])


def _path(product: Product) -> str:
    return f"{PRODUCTS}/{product.id}/pictures"
