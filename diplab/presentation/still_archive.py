"""Office files that are the same bytes each time they are made."""

from __future__ import annotations

import io
import zipfile

__all__ = ["still"]


def still(archive: bytes) -> bytes:
    """Return the same archive without the hour at which it was made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as made, zipfile.ZipFile(buffer, "w") as kept:
        for name in made.namelist():
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            kept.writestr(member, made.read(name))
    return buffer.getvalue()
