"""`make messages`: gather every sentence of pages and refusals, and compile the catalogues.

Sentences that are new come into `souk.po` untranslated, those that are gone leave it. The compiled
catalogue is committed too: Lambda needs no tools, and a test holds the two in step.
"""

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from chalicelib.web.i18n import CATALOGUES, DOMAIN
from infra.docs import refusals

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("zh_CN",)
UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
"""Catalogues carry no date of their own, so that the same sentences give the same bytes."""

PYTHON_KEYWORDS = {"N_": None, "count": (1, 2), "plural": (1, 2)}
TEMPLATE_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
TEMPLATE_OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}

Message = str | tuple[str, ...]


def sentences() -> dict[Message, None]:
    """Gather every message id, singular or (singular, plural), in a steady order."""
    found: dict[Message, None] = {}
    for path in _sources():
        is_python = path.suffix == ".py"
        method = "python" if is_python else "jinja2.ext:babel_extract"
        keywords = PYTHON_KEYWORDS if is_python else TEMPLATE_KEYWORDS
        options = {} if is_python else TEMPLATE_OPTIONS
        for _line, message, _comments, _context in extract_from_file(
            method, path, keywords=keywords, options=options
        ):
            found[message] = None
    for refusal in refusals():
        found[refusal.title] = None
    return found


def catalogue(language: str) -> Catalog:
    """Read a language's catalogue as it is committed."""
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def updated(language: str) -> Catalog:
    """Bring a catalogue in step with the sentences: the new ones empty, the gone ones gone."""
    former = catalogue(language) if po_path(language).exists() else Catalog(language, DOMAIN)
    fresh = Catalog(
        language,
        DOMAIN,
        project="Souk",
        header_comment="# Souk's pages. SPDX-License-Identifier: Apache-2.0",
        creation_date=UNDATED,
        revision_date=UNDATED,
        last_translator="Souk",
        language_team="Souk",
        fuzzy=False,
    )
    for message in sentences():
        known = former.get(message if isinstance(message, str) else message[0])
        fresh.add(message, known.string if known is not None else "")
    return fresh


def compiled(catalogue: Catalog) -> bytes:
    """Compile a catalogue as gettext reads it."""
    buffer = io.BytesIO()
    catalogue.creation_date = catalogue.revision_date = UNDATED
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def po_path(language: str) -> Path:
    return CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def mo_path(language: str) -> Path:
    return po_path(language).with_suffix(".mo")


def missing(catalogue: Catalog) -> list[str]:
    """Name the sentences that a catalogue has no words for."""
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and (message.fuzzy or not any(_strings(message.string)))
    ]


def main() -> int:
    """Write the catalogues; the exit status tells whether every sentence has its words."""
    lacking = 0
    for language in LANGUAGES:
        fresh = updated(language)
        po_path(language).parent.mkdir(parents=True, exist_ok=True)
        with po_path(language).open("wb") as file:
            write_po(file, fresh, width=100, no_location=True, sort_output=True)
        mo_path(language).write_bytes(compiled(catalogue(language)))
        left = missing(fresh)
        lacking += len(left)
        print(f"{language}: {len(fresh)} sentences, {len(left)} without words")
        for sentence in left:
            print(f"  {sentence}")
    return 1 if lacking else 0


def _sources() -> Iterator[Path]:
    rooms = ROOT / "chalicelib" / "contexts"
    folders = [
        ROOT / "chalicelib" / "web",
        *sorted(rooms.glob("*/pages")),
        *sorted(rooms.glob("*/console")),
    ]
    for folder in folders:
        yield from sorted(folder.rglob("*.py"))
    for name in ("pages", "console"):
        yield from sorted(rooms.glob(f"*/{name}.py"))
    yield from sorted((ROOT / "templates").rglob("*.html"))
    yield from sorted((ROOT / "templates" / "mail").rglob("*.txt"))


def _strings(string: object) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string or ())  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
