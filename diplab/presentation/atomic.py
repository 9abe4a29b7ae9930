"""Files written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

__all__ = ["put"]


def put(path: str | Path, content: bytes) -> Path:
    """Write a file under a temporary name beside its place, then move it there.

    Parameters
    ----------
    path : str or Path
        Where; missing folders are made.
    content : bytes
        What.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     put(Path(folder) / "a.txt", b"x").read_bytes()
    b'x'
    """
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{uuid4().hex[:8]}.part")
    try:
        beside.write_bytes(content)
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)
    return place
