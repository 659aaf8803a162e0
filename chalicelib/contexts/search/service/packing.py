"""An index as one object: its files packed, and the names that its facets show."""

import io
import tarfile
from pathlib import Path

from chalicelib.contexts.catalog.model.listing import MARK
from chalicelib.contexts.catalog.model.searchable import Searchable

LABELS = "labels.json"
PACKED_LEVEL = 6


def packed(folder: Path) -> bytes:
    """Pack a folder's files into one object."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz", compresslevel=PACKED_LEVEL) as archive:
        for path in sorted(folder.iterdir()):
            if not path.name.endswith(".lock"):
                archive.add(path, arcname=path.name)
    return held.getvalue()


def unpack(body: bytes, folder: Path) -> None:
    """Unpack what `packed` made. Raises tarfile.TarError or OSError for anything else."""
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
        archive.extractall(folder, filter="data")


def labels_of(told: Searchable) -> dict[str, str]:
    """The merchant's name, under the facet's value that stands for the merchant."""
    prefix = f"merchant{MARK}"
    return {key: told.merchant for key in told.counted if key.startswith(prefix)}
