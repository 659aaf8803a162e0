"""Real pictures to test with, good ones and bad ones."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

GPS_IFD = 0x8825
ORIENTATION = 0x0112
MAKE = 0x010F


def a_picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    mode = options.pop("mode", "RGB")
    image = Image.new("RGB", size, (200, 30, 30))
    image.paste((30, 30, 200), (size[0] // 2, 0, size[0], size[1]))
    out = BytesIO()
    image.convert(mode).save(out, kind, **options)
    return out.getvalue()


def from_a_telephone(size: tuple[int, int] = (40, 30)) -> bytes:
    """A JPEG that lies on its side and tells where it was taken, with what, and in which colours."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[MAKE] = "SecretCamera"
    exif.get_ifd(GPS_IFD)[2] = (51.0, 30.0, 26.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return a_picture("JPEG", size, exif=exif, icc_profile=profile)


def moving() -> bytes:
    """A GIF of two pictures: the first red and blue, the second green."""
    first = Image.open(BytesIO(a_picture("PNG")))
    second = Image.new("RGB", first.size, (0, 255, 0))
    out = BytesIO()
    first.save(out, "GIF", save_all=True, append_images=[second])
    return out.getvalue()


def a_bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A small PNG that says it has very many pixels, and has some of them."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((width // 8 + 1) * 200), 9)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
