"""Search against a bare tantivy query for the same words, its size, and its relevance.

Titles are made of real words in Chinese and English. `python -m bench search`.
"""

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

from bench.peak import peak_bytes
from bench.relevance import QUERIES, RIGHT_MIN, shelf, wrong
from bench.report import heading, line
from chalicelib.contexts.catalog.model.searchable import Searchable
from chalicelib.contexts.search.model import index, text
from chalicelib.contexts.search.model.index import Filters, Part
from chalicelib.contexts.search.service import packing
from infra import wiring

SIZES = (1_000, 10_000, 100_000)
BARE_TIMES = 5.0
SIZE_MB = 60.0
TMP_MB = 512 * 1.048576
"""What Lambda gives a function that asks for no more."""
MIB, MB = 1_048_576, 1_000_000
ROUNDS = 3
SEED = 20_260_301
ADJECTIVES = (
    "blue red green black white grey linen cotton wool silk leather steel wooden ceramic glass bamboo"
    " vintage modern compact foldable portable wireless waterproof organic handmade recycled soft large"
    " small warm light thin quiet fast smart classic outdoor indoor summer winter travel kitchen garden"
).split()
NOUNS = (
    "shirt jacket dress trouser sweater shoe boot sock hat scarf glove bag backpack watch sofa chair desk"
    " bed pillow towel lamp candle vase bowl plate knife pan teapot mug kettle book notebook pen puzzle"
    " bicycle umbrella soap perfume chocolate biscuit coffee charger keyboard mouse camera speaker tent"
).split()
QUALITIES = (
    "红色 蓝色 黑色 白色 绿色 纯棉 真丝 羊毛 真皮 不锈钢 实木 陶瓷 玻璃 竹制 复古 简约 折叠 便携 无线 防水"
    " 有机 手工 环保 柔软 大号 小号 保暖 轻薄 静音 快速 智能 经典 户外 室内 夏季 冬季 旅行 厨房 花园 儿童"
).split()
THINGS = (
    "衬衫 外套 连衣裙 长裤 毛衣 运动鞋 靴子 袜子 帽子 围巾 手套 手提包 双肩包 手表 沙发 椅子 书桌 床单 枕头"
    " 毛巾 台灯 蜡烛 花瓶 饭碗 盘子 菜刀 炒锅 茶壶 茶杯 水壶 图书 笔记本 钢笔 拼图 自行车 雨伞 香皂 香水"
    " 巧克力 饼干 咖啡 充电器 键盘 鼠标 相机 音箱 帐篷 手机壳 耳机 电脑"
).split()


def main() -> bool:
    """Print the table; tells whether every limit was kept."""
    heading("Search: p95 against a bare tantivy query, facets included")
    kept, held = True, 0.0
    for size in SIZES:
        with TemporaryDirectory() as place:
            largest = size == SIZES[-1]
            made = _apart(_build, size, place)
            held = made["index"] / MB
            line(f"{size:,} products: built in", made["seconds"], "s CPU")
            line(f"{size:,} products: packed", made["packed"] / MB, "MB")
            kept &= line(f"{size:,} products: index", held, "MB", limit=SIZE_MB)
            folder = Path(place, "index")
            kept &= _times(index.opened(folder), f"{size:,} products", largest)
            if largest:
                kept &= _room(size, made, _apart(_read, size, place))
    line("1,000,000 products, extrapolated: index", held * 10, "MB")
    line("1,000,000 products, extrapolated: built in", made["seconds"] * 10, "s CPU")
    return kept & _relevance()


def _room(size: int, made: dict[str, float], read: dict[str, float]) -> bool:
    """Compare with what the functions have. While a reader renews its index it has two of them."""
    builder, reader = wiring.function("search_build"), wiring.function(wiring.API_FUNCTION)
    what = f"{size:,} products"
    limits = (builder.memory_mb * MIB / MB, reader.memory_mb * MIB / MB, TMP_MB)
    kept = line(f"{what}: builder's peak", made["peak"] / MB, "MB", limit=limits[0])
    kept &= line(f"{what}: reader's peak", read["peak"] / MB, "MB", limit=limits[1])
    return kept & line(f"{what}: reader's /tmp", 2 * made["index"] / MB, "MB", limit=limits[2])


def _apart(work: Callable[[int, str, Any], None], size: int, place: str) -> dict[str, float]:
    """Do something in a fresh process, whose peak of memory is its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=work, args=(size, place, there))
    process.start()
    found: dict[str, float] = here.recv()
    process.join()
    return found


def _build(size: int, place: str, pipe: Any) -> None:
    """What the worker does, but for the rows that it reads."""
    folder = Path(place, "index")
    folder.mkdir()
    began = time.process_time()
    index.write(goods(size), folder)
    (folder / packing.LABELS).write_bytes(b"{}")
    body = packing.packed(folder)
    took = time.process_time() - began
    Path(place, "packed").write_bytes(body)
    held = sum(path.stat().st_size for path in folder.iterdir())
    pipe.send({"seconds": took, "packed": len(body), "index": held, "peak": peak_bytes()})


def _read(size: int, place: str, pipe: Any) -> None:
    """What the API's function does beside what it does anyway."""
    del size
    folder = Path(place, "unpacked")
    folder.mkdir()
    body = Path(place, "packed").read_bytes()
    packing.unpack(body, folder)
    part = index.opened(folder)
    for q in _asked():
        index.search([part], text.asked(q), Filters(), limit=24)
    pipe.send({"peak": peak_bytes()})


def _relevance() -> bool:
    with TemporaryDirectory() as place:
        index.write(shelf(), Path(place))
        missed = wrong(index.opened(Path(place)))
    print(f"  {len(QUERIES)} queries over {len(shelf())} products; not in the top 3: {missed}")
    share = 100 * len(missed) / len(QUERIES)
    return line("relevance: not in the top 3", share, "%", limit=100 - RIGHT_MIN)


def goods(size: int) -> Iterator[Searchable]:
    """So many products, the same ones every time."""
    chance = random.Random(SEED)
    for number in range(size):
        is_english = number % 2 == 0
        looks, things = (ADJECTIVES, NOUNS) if is_english else (QUALITIES, THINGS)
        title = [*chance.sample(looks, 3), chance.choice(things), str(number)]
        merchant, amount = f"mer_{number % 300}", chance.randrange(100, 50_000)
        counted = (
            f"category\x1fcat_{number % 40}",
            f"merchant\x1f{merchant}",
            "in_stock\x1ftrue",
            f"attr.color\x1f{chance.randrange(12)}",
            f"attr.size\x1f{chance.randrange(8)}",
        )
        yield Searchable(
            code=f"{number:08d}",
            title=(" " if is_english else "").join(title),
            words=f"{chance.choice(looks)} {chance.choice(things)} {merchant}",
            body=" ".join(chance.choices([*looks, *things], k=25)),
            keys=tuple(f"k:{one}" for one in counted),
            counted=counted,
            merchant=merchant,
            created_at=f"2026-01-{1 + number % 28:02d}T00:00:00Z",
            amount=amount,
            name=" ".join(title).casefold(),
            sold=chance.randrange(1_000),
        )


def _asked() -> list[str]:
    chance = random.Random(SEED)
    return [
        f"{chance.choice(looks)} {chance.choice(things)}"
        for looks, things in ((ADJECTIVES, NOUNS), (QUALITIES, THINGS))
        for _ in range(100)
    ]


def _times(part: Part, what: str, is_limited: bool) -> bool:
    """Ask each query both ways, one after the other, and count the CPU that each takes.

    The limit is for the largest shop: in a small one all words together often fit nothing, and
    the second question, which asks for most of them, is not among what a bare query does.
    """
    bare, ours = [], []
    for _ in range(ROUNDS):
        for q in _asked():
            bare.append(_cpu_ms(lambda q=q: _bare(part, q)))
            ours.append(
                _cpu_ms(lambda q=q: index.search([part], text.asked(q), Filters(), limit=24))
            )
    before, after = (quantiles(times, n=20)[-1] for times in (bare, ours))
    line(f"{what}: bare query p95", before, "ms CPU")
    line(f"{what}: search p95", after, "ms CPU")
    limit = BARE_TIMES if is_limited else None
    return line(f"{what}: times a bare query", after / before, "x", limit=limit)


def _bare(part: Part, q: str) -> Any:
    """The same words in every field, the best 24 with their documents and their number."""
    import tantivy

    query, occur = tantivy.Query, tantivy.Occur
    clauses = []
    for word in text.asked(q):
        ways = [
            (occur.Should, query.term_query(part.schema, field, word.text, "freq"))
            for field in index.FIELDS
        ]
        clauses.append((occur.Must, query.boolean_query(ways)))
    found = part.searcher.search(query.boolean_query(clauses), 24, count=True)
    return [part.searcher.doc(address) for _, address in found.hits]


def _cpu_ms(ask: Callable[[], Any]) -> float:
    began = time.process_time_ns()
    ask()
    return (time.process_time_ns() - began) / 1e6
