"""axe-core, Deque's accessibility engine: fetched once from npm's registry, run inside a page.

https://github.com/dequelabs/axe-core (MPL-2.0; it stays beside the development tools).
"""

import base64
import fcntl
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from tests.makers.engines.fetch import npm

VERSION = "4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
TIMEOUT_S = 300
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (rules) => {
  // Bars over the page cover whatever lies there just now; people scroll it free.
  for (const bar of document.querySelectorAll(".tabbar, .buybar, .header")) bar.style.position = "static";
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return found.violations.map((one) =>
    `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
}"""


def script(tools: Path = Path(sys.prefix)) -> Path:
    """Where `axe.min.js` lies; fetches it the first time, however many ask at once."""
    place = tools / "axe-core" / VERSION / "axe.min.js"
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not place.exists():
            _fetch(place)
    return place


def violations(page: Any) -> list[str]:
    """What axe finds wrong with a Playwright page, each rule with its first elements."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(script().read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN, RULES)
    return found


def _fetch(place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        command = [*npm(), "pack", f"axe-core@{VERSION}", "--pack-destination", scratch]
        command += ["--ignore-scripts", "--loglevel=error"]
        subprocess.run(command, cwd=scratch, capture_output=True, timeout=TIMEOUT_S, check=True)
        (archive,) = Path(scratch).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        assert digest == SHA512, f"the registry sent another axe-core {VERSION} than was tested"
        with tarfile.open(archive) as packed:
            packed.extract("package/axe.min.js", scratch, filter="data")
        (Path(scratch) / "package" / "axe.min.js").rename(place)
