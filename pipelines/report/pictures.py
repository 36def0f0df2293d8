"""Screenshots out of the archive, small enough to stand in a page: a bounded number of them, of a bounded size."""

import base64
import io
import posixpath

from PIL import Image

from scrapers.archive.warc_records import Record, records
from transforms import filesystem

__all__ = ["Pictures"]

MOST = 12
MOST_BYTES = 1_500_000
_MOST_PIXELS = 50_000_000
_FIT = (720, 720)
_QUALITY = 60


class Pictures:
    """Reads pictures until there are enough of them.

    Args:
      archive: folder of the WARC files.
      most, most_bytes: how many, and how many bytes of them together.
    """

    def __init__(self, archive: str, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._archive = archive
        self._left, self._bytes_left = most, most_bytes

    def at(self, file: str | None, offset: int | None) -> str:
        """The picture that a letter's pointer leads to, as a `data:` URL; empty when there is none, or enough."""
        if not file or offset is None or self._left <= 0:
            return ""
        return self.shown(self._read(file, offset))

    def shown(self, jpeg: bytes) -> str:
        """A picture as a `data:` URL; empty for what is no picture, or when there are enough."""
        small = _scaled_down(jpeg) if jpeg and self._left > 0 else b""
        if not small or len(small) > self._bytes_left:
            return ""
        self._left -= 1
        self._bytes_left -= len(small)
        return "data:image/jpeg;base64," + base64.b64encode(small).decode()

    def _read(self, file: str, offset: int) -> bytes:
        name = posixpath.basename(file)  # as pointers name it; a letter's text leads nowhere else
        try:
            with filesystem.open_to_read(posixpath.join(self._archive, name)) as stream:
                stream.seek(offset)
                record = next(records(stream, name, offset), None)
        except OSError:  # the archive was moved, or is kept for a shorter time
            return b""
        return record.block if isinstance(record, Record) else b""


def _scaled_down(jpeg: bytes) -> bytes:
    """Written anew, so that what stands in the page is a picture and nothing else; empty when it is none."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return b""
            picture.draft("RGB", _FIT)
            small = picture.convert("RGB")
            small.thumbnail(_FIT)
            written = io.BytesIO()
            small.save(written, "JPEG", quality=_QUALITY, optimize=True)
    except (OSError, ValueError, SyntaxError):
        return b""
    return written.getvalue()
