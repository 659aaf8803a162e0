"""Reads a whole pasted address, with name and phone, into its fields: Chinese and simple Western.

Nothing here decides: what is found goes into a form that a person looks over.
"""

import re
import unicodedata

from msgspec.structs import replace

from chalicelib.contexts.members.model.addresses import CHINA, LENGTHS_MAX, Address
from chalicelib.kernel import divisions
from chalicelib.kernel.divisions import Division

PASTE_LENGTH_MAX = 1_000
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LABELS = re.compile(
    r"(?:收货人|收件人|联系人|姓名|手机号码|手机号|手机|联系电话|电话号码|电话|所在地区|所在地|地区"
    r"|详细地址|收货地址|收件地址|街道地址|地址|邮政编码|邮编"
    r"|full name|name|phone|tel|mobile|address|postcode|postal code|zip)\s*[:：]\s*",
    re.IGNORECASE,
)
_CHINESE_PHONE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[ -]?)?(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})(?!\d)"
    r"|(?<!\d)(0\d{2,3}-\d{7,8})(?!\d)"
)
_CHINESE_POSTAL = re.compile(r"(?<!\d)\d{6}(?!\d)")
_NAME = re.compile(r"[\u4e00-\u9fff·]{2,5}|[A-Za-z][A-Za-z .'-]{1,40}")
_NOT_A_NAME = re.compile(r"[省市区县路街道号楼室村镇乡弄巷栋单元]")
_PARTS = re.compile(r"[\s,，;；、|/]+")

_PHONE = re.compile(r"(?<![\w#])\+?\(?\d[\d ().-]{6,20}\d(?!\w)")
_UK_POSTAL = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})\b", re.IGNORECASE)
_US_POSTAL = re.compile(r"\b([A-Z]{2}) (\d{5}(?:-\d{4})?)\b")
_EU_POSTAL = re.compile(r"^(?:[A-Z]{1,2}-)?(\d{4,5}(?: ?[A-Z]{2})?) (\D+)$")
_COUNTRIES = {
    "uk": "GB",
    "united kingdom": "GB",
    "great britain": "GB",
    "england": "GB",
    "usa": "US",
    "united states": "US",
    "united states of america": "US",
    "germany": "DE",
    "deutschland": "DE",
    "france": "FR",
    "netherlands": "NL",
    "spain": "ES",
    "italy": "IT",
    "ireland": "IE",
    "canada": "CA",
    "australia": "AU",
}


def parsed(pasted: str) -> Address:
    """Find what can be found. Fields that were not found are empty; nothing is refused."""
    written = unicodedata.normalize("NFKC", pasted)[:PASTE_LENGTH_MAX]
    found = _chinese(written) if _HAN.search(written) else _western(written)
    cut = {name: getattr(found, name)[:most].strip() for name, most in LENGTHS_MAX.items()}
    return replace(found, **cut)


def _chinese(written: str) -> Address:
    rest = _LABELS.sub(" ", written)
    phone, rest = _cut(_CHINESE_PHONE, rest)
    found = _CHINESE_PHONE.search(phone)
    if found is not None:
        phone = found.group(4) or "".join(found.group(1, 2, 3))
    postal, rest = _cut(_CHINESE_POSTAL, rest)
    parts = [part for part in _PARTS.split(rest) if part]
    name = _chinese_name(parts)
    if name:
        parts.remove(name)
    place, street = _division("".join(parts))
    return Address(
        name=name,
        phone=phone,
        line1=street,
        city=place.city,
        region=place.region,
        district=place.district,
        postal_code=postal,
        country=CHINA,
    )


def _chinese_name(parts: list[str]) -> str:
    """The part that looks like a name: short, and without the words that places end in."""
    for part in parts:
        is_place = _division(part)[0].region or _NOT_A_NAME.search(part)
        if _NAME.fullmatch(part) and not is_place:
            return part
    return ""


def _division(written: str) -> tuple[Division, str]:
    """Read 省/市/区 off the beginning, each in full or as people say it; returns the rest, too.

    A city or district that only one region has tells the region.
    """
    region, rest = _begun(written, [(one, divisions.short(one)) for one in divisions.regions()])
    if not region:
        return _by_city(written)
    if region in divisions.cities(region):
        rest = rest.removeprefix(region)
    city, after = _begun(
        rest, [(one, divisions.short_city(one)) for one in divisions.cities(region)]
    )
    if not city and region in divisions.cities(region):
        city, after = region, rest
    if not city:
        return _by_district(region, rest)
    return _with_district(region, city, after)


def _by_city(written: str) -> tuple[Division, str]:
    for region in divisions.regions():
        for city in divisions.cities(region):
            if written.startswith(city):
                return _with_district(region, city, written.removeprefix(city))
    return Division(), written


def _by_district(region: str, written: str) -> tuple[Division, str]:
    for city in divisions.cities(region):
        for district in divisions.districts(region, city):
            if written.startswith(district):
                return Division(region, city, district), written.removeprefix(district)
    return Division(region), written


def _with_district(region: str, city: str, written: str) -> tuple[Division, str]:
    known = [(one, one) for one in divisions.districts(region, city)]
    district, rest = _begun(written, known)
    if not district and known == [(city, city)]:
        district = city
    return Division(region, city, district), rest


def _begun(written: str, names: list[tuple[str, str]]) -> tuple[str, str]:
    """Find which name a text begins with, in full before short; returns it with what follows."""
    for full, _ in names:
        if written.startswith(full):
            return full, written.removeprefix(full)
    for full, short in names:
        if short and written.startswith(short):
            return full, written.removeprefix(short)
    return "", written


def _western(written: str) -> Address:
    lines = [_LABELS.sub("", line).strip(" ,;") for line in re.split(r"[\n;]+", written)]
    if len([line for line in lines if line]) == 1:
        lines = [part.strip() for part in lines[0].split(",")]
    phone, kept = "", []
    for line in lines:
        found, rest = _cut(_PHONE, line) if not phone and not _is_place(line) else ("", line)
        phone = phone or found
        kept.append(rest.strip(" ,;"))
    kept = [line for line in kept if line]
    country = _COUNTRIES.get(kept[-1].lower(), "") if kept else ""
    if country:
        kept.pop()
    place = _western_place(kept)
    name = kept.pop(0) if len(kept) > 1 and not re.match(r"\d", kept[0]) else ""
    return Address(
        name=name,
        phone=phone,
        line1=kept[0] if kept else "",
        line2=", ".join(kept[1:]),
        city=place.city,
        region=place.region,
        postal_code=place.postal_code,
        country=country or place.country,
    )


def _western_place(lines: list[str]) -> Address:
    """Take the lines with city and postal code off the end. Changes `lines`."""
    for place in range(len(lines) - 1, -1, -1):
        line = lines[place]
        if american := _US_POSTAL.search(line):
            city = line[: american.start()].strip(" ,") or _taken(lines, place - 1)
            lines.remove(line)
            region, postal = american.groups()
            return Address(city=city, region=region, postal_code=postal, country="US")
        if british := _UK_POSTAL.search(line):
            city = line[: british.start()].strip(" ,") or _taken(lines, place - 1)
            lines.remove(line)
            postal = f"{british.group(1)} {british.group(2)}".upper()
            return Address(city=city, postal_code=postal, country="GB")
        if european := _EU_POSTAL.match(line):
            lines.remove(line)
            return Address(city=european.group(2).strip(), postal_code=european.group(1))
    return Address()


def _taken(lines: list[str], place: int) -> str:
    """Take a line out where it is neither name nor street."""
    return lines.pop(place) if place >= 2 else ""


def _is_place(line: str) -> bool:
    return bool(_US_POSTAL.search(line) or _EU_POSTAL.match(line) or _UK_POSTAL.search(line))


def _cut(pattern: re.Pattern[str], written: str) -> tuple[str, str]:
    """Take the first place that fits out of a text; returns it and the rest."""
    found = pattern.search(written)
    if found is None:
        return "", written
    return found.group().strip(), f"{written[: found.start()]} {written[found.end() :]}"
