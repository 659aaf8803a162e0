"""A member's first page, and the profile."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.aws.settings import settings
from chalicelib.contexts.identity.model import Session
from chalicelib.contexts.identity.pages import member
from chalicelib.contexts.members import service
from chalicelib.contexts.members.model.avatars import Avatar, is_upload_id
from chalicelib.contexts.members.model.birthdays import DAYS_MAX, MONTHS
from chalicelib.contexts.members.model.profile import (
    LOCALES,
    NICKNAME_LENGTH_MAX,
    Profile,
    initials,
    tint,
)
from chalicelib.contexts.orders import service as orders
from chalicelib.contexts.orders.pages.views import PurchaseLinkView, link_view, waiting_views
from chalicelib.kernel.errors import NotSignedIn, Refusal
from chalicelib.kernel.picturing import PictureProblem
from chalicelib.web.addresses import in_language
from chalicelib.web.forms import ChoiceView, FieldView
from chalicelib.web.i18n import LANGUAGE_NAMES, N_
from chalicelib.web.page import Html, Redirect, page, problem
from chalicelib.web.render import content_security_policy
from chalicelib.web.session import Visit, locale_cookie

bp = Blueprint(__name__)
PURCHASES_SHOWN = 3
PROFILE = "/account/profile"
PROBLEMS = {
    PictureProblem.TOO_LARGE: N_("That file is larger than 20 MB. Choose a smaller one."),
    PictureProblem.TOO_MANY_PIXELS: N_(
        "That picture has more than 12,000 pixels a side, or 60 million. Choose a smaller one."
    ),
    PictureProblem.UNKNOWN_KIND: N_(
        "That file is no JPEG, PNG, GIF or WebP. Save the picture as one of these."
    ),
    PictureProblem.POLYGLOT: N_(
        "That file holds something else beside a picture. Save the picture anew, or choose another."
    ),
    PictureProblem.BROKEN: N_("That picture is damaged and cannot be read. Choose another."),
}
assert set(PROBLEMS) == set(PictureProblem) - {PictureProblem.NOT_FETCHED}, "all have their words"


class FaceView(Struct, frozen=True):
    """How a member is shown: a picture (`image` is its folder), else initials on a colour."""

    name: str
    initials: str
    tint: int
    image: str = ""


class OverviewView(Struct, frozen=True):
    face: FaceView
    login: str
    waiting: list[ChoiceView]
    purchases: list[PurchaseLinkView]


class PictureView(Struct, frozen=True):
    """The form that takes a picture, and what became of the last one.

    `standing` changes when it has been looked at; `awaited` is the upload that has not been.
    """

    url: str
    fields: dict[str, str]
    standing: str
    awaited: str
    is_there: bool
    note: str
    error: str


class ProfileView(Struct, frozen=True):
    face: FaceView
    fields: list[FieldView]
    birthday: list[FieldView]
    picture: PictureView
    note: str = ""


@page(bp, "GET", "/account")
def overview(visit: Visit) -> Html:
    """Who one is here, what waits for what, the latest orders, and the way to everything else.

    Four round trips.
    """
    session = member(visit)
    profile = service.profile_of(session.actor)
    found = orders.purchases_of_member(session.actor)
    view = OverviewView(
        face=face(profile, session),
        login=session.email,
        waiting=waiting_views(found, visit.words) if found.items else [],
        purchases=[link_view(one, visit.words) for one in found.items[:PURCHASES_SHOWN]],
    )
    return Html("pages/members/overview.html", view)


@page(bp, "GET", "/account/profile")
def show_profile(visit: Visit) -> Html:
    return _profile(visit)


def profile_again(visit: Visit, refusal: Refusal) -> Html:
    if isinstance(refusal, NotSignedIn):
        raise refusal
    return _profile(visit, refusal)


@page(bp, "POST", "/account/profile", refused=profile_again)
def change_profile(visit: Visit) -> Redirect:
    actor = member(visit).actor
    locale = visit.fields.text("locale")
    service.change_profile(actor, nickname=visit.fields.text("nickname"), locale=locale)
    return Redirect(PROFILE, (locale_cookie(locale),) if locale else ())


@page(bp, "POST", "/account/profile/birthday", refused=profile_again)
def change_birthday(visit: Visit) -> Redirect:
    actor, fields = member(visit).actor, visit.fields
    month, day = fields.text("birthday_month"), fields.text("birthday_day")
    service.change_birthday(actor, month=month, day=day)
    return Redirect(f"{PROFILE}#birthday")


@page(bp, "POST", "/account/profile/picture/remove", refused=profile_again)
def remove_picture(visit: Visit) -> Redirect:
    """Show initials again; a picture handed in later takes their place."""
    service.remove_avatar(member(visit).actor)
    return Redirect(PROFILE)


def face(profile: Profile, session: Session) -> FaceView:
    """Show a member by picture and nickname, else by the account's name."""
    name = profile.nickname or session.name or session.email.partition("@")[0]
    folder = profile.avatar.folder
    image = f"{settings().media_url}/{folder}" if folder else ""
    return FaceView(name, initials(name), tint(session.account_id), image)


def _profile(visit: Visit, refusal: Refusal | None = None) -> Html:
    session, words = member(visit), visit.words
    profile = service.profile_of(session.actor)
    errors = problem(visit, refusal).errors if refusal else {}
    is_typed = refusal is not None and "nickname" in visit.fields
    fields = [
        FieldView(
            name="nickname",
            label=words.say(N_("Nickname")),
            value=visit.fields.text("nickname") if is_typed else profile.nickname,
            is_required=False,
            autocomplete="nickname",
            hint=words.say(N_("Up to %(number)s characters.")) % {"number": NICKNAME_LENGTH_MAX},
            error=errors.get("nickname", ""),
        ),
        FieldView(
            name="locale",
            label=words.say(N_("Language")),
            kind="select",
            value=visit.fields.text("locale") if is_typed else profile.locale,
            error=errors.get("locale", ""),
            choices=tuple(
                (one, LANGUAGE_NAMES[one] if one else words.say(N_("As the browser says")))
                for one in LOCALES
            ),
        ),
    ]
    note = words.refusal(refusal) if refusal and not refusal.errors else ""
    picture = _picture(visit, session, profile.avatar)
    birthday = _birthday(visit, service.birthday_of(session.actor).day, errors)
    view = ProfileView(face(profile, session), fields, birthday, picture, note)
    return Html(
        "pages/members/profile.html",
        view,
        refusal.status if refusal else 200,
        headers={"Content-Security-Policy": content_security_policy(picture.url)},
    )


def _birthday(visit: Visit, kept: str, errors: dict[str, str]) -> list[FieldView]:
    """Ask for a month and a day; a year is nobody's business."""
    month, _, day = kept.partition("-")
    asked = (
        ("birthday_month", N_("Month"), month, MONTHS, "bday-month"),
        ("birthday_day", N_("Day"), day, DAYS_MAX, "bday-day"),
    )
    return [
        FieldView(
            name=name,
            label=visit.words.say(label),
            kind="select",
            value=visit.fields.text(name) if name in visit.fields else value.lstrip("0"),
            is_required=False,
            autocomplete=autocomplete,
            error=errors.get(name, ""),
            choices=(("", "–"), *((str(one), str(one)) for one in range(1, most + 1))),
        )
        for name, label, value, most, autocomplete in asked
    ]


def _picture(visit: Visit, session: Session, avatar: Avatar) -> PictureView:
    words, address = visit.words, in_language(visit.address_locale, PROFILE)
    form = service.upload_form(session.actor, back=f"{settings().shop_url}{address}?arrived=")
    arrived = visit.query_text.get("arrived", "")
    note = ""
    if arrived == avatar.last and avatar.folder and not avatar.problem:
        note = words.say(N_("This is how you are shown now."))
    elif is_upload_id(arrived) and arrived < avatar.last:
        note = words.say(N_("Something newer stands: choose the picture again to show it."))
    return PictureView(
        url=form.url,
        fields=form.fields,
        standing=avatar.last,
        awaited=arrived if is_upload_id(arrived) and arrived > avatar.last else "",
        is_there=bool(avatar.folder),
        note=note,
        error=words.say(PROBLEMS[PictureProblem(avatar.problem)]) if avatar.problem else "",
    )
