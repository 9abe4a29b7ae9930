"""The child process in which the native reader runs: it reads files until its parent is gone.

Run as a script. It is given the shared file into which arrays are written, answers each request on its standard output,
and ends with its standard input.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

_GRACE = 5
_ROOM = 512 * 1024**2


def main(shared: str) -> None:
    """Answer requests.

    Parameters
    ----------
    shared : str
        Number of the open file shared with the parent, or its path.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    sys.path.append(str(Path(__file__).resolve().parents[3]))
    from diplab.loaders.statistical.transport import ClosedPipeError, receive, send

    # What a library prints must not fall among the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    send(answers, {"ready": True})
    with open(int(shared) if shared.isdigit() else shared, "r+b") as arrays:
        while True:
            try:
                request, content = receive(sys.stdin.buffer)
            except ClosedPipeError:
                return
            with _deadline(request["seconds"]):
                send(answers, _answer(request, content, arrays))


def _answer(request: dict[str, Any], content: bytes, arrays: BinaryIO) -> dict[str, Any]:
    from diplab.loaders.statistical.native import NativeReaderError, extent_of
    from diplab.loaders.statistical.reading import read_stored
    from diplab.loaders.statistical.transport import put_table

    file = content or Path(request["file"])
    try:
        with _limited(request["memory"]):
            if request["extent"]:
                return {"extent": vars(extent_of(file, request["suffix"]))}
            table = read_stored(
                file,
                request["suffix"],
                request["columns"],
                request["rows"],
                request["table"],
                many=request["many"],
            )
            message = put_table(table, arrays)
            arrays.flush()
            return message
    except NativeReaderError as refusal:
        return {"refusal": str(refusal)}
    except MemoryError:
        return {"refusal": "Its reader stopped: MemoryError."}


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """End this process where the parent, which keeps the time, was killed before it could."""
    if not hasattr(signal, "alarm"):
        yield
        return
    signal.alarm(int(seconds) + _GRACE)
    yield
    signal.alarm(0)


@contextlib.contextmanager
def _limited(size: int) -> Iterator[None]:
    """Allow this process so much memory in all."""
    try:
        import resource
    except ImportError:  # not a POSIX system: the limit of time still holds
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError, OSError):  # a system may refuse to lower this limit
        resource.setrlimit(resource.RLIMIT_AS, (max(size, _held() + _ROOM), hard))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _held() -> int:
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main(sys.argv[1])
