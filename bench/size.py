"""Size of what ships: the zip and what Lambda unpacks, built as for AWS."""

import zipfile

from bench.report import heading, line
from infra.package import package

STAGE = "dev"
ZIP_MB_MAX = 50
UNZIPPED_MB_MAX = 130
MB = 1_000_000


def main() -> bool:
    """Build the package for AWS and print both sizes."""
    heading("Size of the function's package, as built for AWS")
    built = package(STAGE)
    archive = built.zip
    with zipfile.ZipFile(archive) as opened:
        unzipped = sum(entry.file_size for entry in opened.infolist())
    kept = line("zip", archive.stat().st_size / MB, "MB", limit=ZIP_MB_MAX)
    return line("unzipped", unzipped / MB, "MB", limit=UNZIPPED_MB_MAX) and kept
