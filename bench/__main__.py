"""`make bench`: CPU, round trips, cold start, memory and size, each against its limit.

Times are ratios of paired runs in one process, since machines differ and drift; counts are exact.
`python -m bench routes|pages|cold|memory|size|search|prices` runs one part. `lighthouse` runs only by name, since it
fetches its program from npm.
"""

import sys

from bench import cold, lighthouse, memory, pages, prices, routes, search, size

PARTS = {
    "routes": routes.main,
    "pages": pages.main,
    "cold": cold.main,
    "memory": memory.main,
    "size": size.main,
    "search": search.main,
    "prices": prices.main,
}
BY_NAME = {"lighthouse": lighthouse.main}


def main(arguments: list[str]) -> int:
    """Run the parts named, or all; the exit status says whether every limit was kept."""
    known = PARTS | BY_NAME
    unknown = [name for name in arguments if name not in known]
    if unknown:
        print(f"There is no part {unknown[0]!r}; there are {', '.join(known)}.")
        return 2
    kept = [known[name]() for name in arguments or PARTS]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
