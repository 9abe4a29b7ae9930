"""Atomic writing of files, and reproducible office files."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from uuid import uuid4

from diplab.errors import OptionError


def write_atomically(path: str | Path, content: bytes) -> Path:
    """Write a file under a temporary name in the same folder, then move it into place."""
    place = Path(path)
    beside = place.with_name(f".{place.name}.{uuid4().hex[:8]}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(content)
            os.replace(beside, place)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise OptionError(
            f"`{place.name}` cannot be written to `{place.parent}`.",
            f"{error.strerror or type(error).__name__}.",
            "Name a folder in which you may write.",
        ) from error
    return place


def without_dates(archive: bytes) -> bytes:
    """Return an archive without the time of its creation."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as made, zipfile.ZipFile(buffer, "w") as kept:
        for name in made.namelist():
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            kept.writestr(member, made.read(name))
    return buffer.getvalue()
