"""Units of measure: what merchants write, and how many of a dimension's smallest one each is.

Factors are exact by definition: the inch and the pound of the international agreement of 1959
(https://nvlpubs.nist.gov/nistpubs/Legacy/FR/frd001_1959-07-01.pdf), bytes and everything else by
decimal prefixes as makers print them on their goods (IEC 80000-13).
"""

import unicodedata
from decimal import Decimal
from functools import cache

from msgspec import Struct


class Unit(Struct, frozen=True):
    """A unit: its symbol, its dimension, its size, how a language that has a word writes it.

    `factor` is how many of the dimension's smallest unit it has. `spellings` are other ways to
    write it, compared without case.
    """

    symbol: str
    dimension: str
    factor: Decimal
    names: dict[str, str]
    spellings: tuple[str, ...] = ()

    def named(self, locale: str) -> str:
        """Write the unit as a language does; the symbol where it has no word of its own."""
        return self.names.get(locale, self.symbol)


_TABLE = (
    ("length", "mm", "1", "毫米", "millimetre millimetres millimeter millimeters"),
    ("length", "cm", "10", "厘米", "centimetre centimetres centimeter centimeters 公分"),
    ("length", "m", "1000", "米", "metre metres meter meters 公尺"),
    ("length", "km", "1000000", "千米", "kilometre kilometres kilometer kilometers 公里"),
    ("length", "in", "25.4", "英寸", 'inch inches " ″ 寸'),
    ("length", "ft", "304.8", "英尺", "foot feet ' ′"),
    ("mass", "mg", "1", "毫克", "milligram milligrams"),
    ("mass", "g", "1000", "克", "gram grams gramme grammes"),
    ("mass", "kg", "1000000", "千克", "kilo kilos kilogram kilograms 公斤"),
    ("mass", "oz", "28349.523125", "盎司", "ounce ounces"),
    ("mass", "lb", "453592.37", "磅", "lbs pound pounds"),
    ("volume", "ml", "1", "毫升", "millilitre millilitres milliliter milliliters cc"),
    ("volume", "cl", "10", "厘升", "centilitre centilitres centiliter centiliters"),
    ("volume", "l", "1000", "升", "litre litres liter liters ℓ 公升"),
    ("area", "cm²", "1", "平方厘米", "cm2 sqcm"),
    ("area", "m²", "10000", "平方米", "m2 sqm"),
    ("power", "W", "1", "瓦", "watt watts 瓦特"),
    ("power", "kW", "1000", "千瓦", "kilowatt kilowatts"),
    ("voltage", "V", "1", "伏", "volt volts 伏特"),
    ("charge", "mAh", "1", "毫安时", ""),
    ("charge", "Ah", "1000", "安时", ""),
    ("energy", "Wh", "1", "瓦时", ""),
    ("energy", "kWh", "1000", "千瓦时", "度"),
    ("resistance", "Ω", "1", "欧", "ohm ohms 欧姆"),
    ("loudness", "dB", "1", "分贝", "decibel decibels"),
    ("light", "lm", "1", "流明", "lumen lumens"),
    ("frequency", "Hz", "1", "赫兹", "hertz 赫"),
    ("frequency", "kHz", "1000", "千赫", "kilohertz"),
    ("frequency", "MHz", "1000000", "兆赫", "megahertz"),
    ("frequency", "GHz", "1000000000", "吉赫", "gigahertz"),
    ("data", "MB", "1", "", "megabyte megabytes"),
    ("data", "GB", "1000", "", "gigabyte gigabytes"),
    ("data", "TB", "1000000", "", "terabyte terabytes"),
    ("pixels", "MP", "1", "百万像素", "megapixel megapixels"),
    ("duration", "s", "1", "秒", "sec secs second seconds 秒钟"),
    ("duration", "min", "60", "分钟", "mins minute minutes 分"),
    ("duration", "h", "3600", "小时", "hr hrs hour hours 时"),
    ("duration", "day", "86400", "天", "days d 日"),
    ("duration", "month", "2629746", "个月", "months 月"),
    ("duration", "year", "31556952", "年", "years yr yrs"),
    ("share", "%", "1", "%", "percent per-cent"),
)
UNITS = {
    symbol: Unit(
        symbol,
        dimension,
        Decimal(factor),
        {"zh-CN": chinese} if chinese else {},
        tuple(spellings.split()),
    )
    for dimension, symbol, factor, chinese, spellings in _TABLE
}
"""Every unit by its symbol."""
assert len(UNITS) == len(_TABLE), "no symbol means two units"


def unit_of(text: str) -> Unit | None:
    """Find the unit that a merchant wrote; None for what is none.

    The symbol as it stands comes first; case counts only where two symbols differ by nothing else.
    """
    written = "".join(text.split())
    return UNITS.get(written) or _spelled().get(_plain(written))


def convert(number: Decimal, source: Unit, target: Unit) -> Decimal:
    """Turn a number of one unit into that of another of the same dimension."""
    assert source.dimension == target.dimension, "units of one dimension"
    return number * source.factor / target.factor


@cache
def _spelled() -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for unit in UNITS.values():
        for spelling in (unit.symbol, *unit.names.values(), *unit.spellings):
            found.setdefault(_plain(spelling), unit)
    return found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().rstrip(".")
