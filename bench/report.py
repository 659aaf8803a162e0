"""Lines of figures with their limits."""


def line(
    what: str, value: float, unit: str, *, limit: float | None = None, aim: float | None = None
) -> bool:
    """Print one figure; tells whether it keeps its limit."""
    kept = limit is None or value <= limit
    bounds = ", ".join(
        f"{word} {bound:g}" for word, bound in (("limit", limit), ("aim", aim)) if bound is not None
    )
    mark = "" if limit is None else "  ok" if kept else "  OVER"
    print(f"  {what:<44} {value:>9.2f} {unit:<8} {bounds}{mark}")
    return kept


def heading(text: str) -> None:
    """Print what the next lines are about."""
    print(f"\n{text}")
