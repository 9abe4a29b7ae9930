"""Native readers in child processes, with limits of time and memory: the side of the parent."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from diplab.loaders.readstat import child
from diplab.loaders.readstat.child import R_SUFFIXES, read_message, read_stored, write_message
from diplab.loaders.readstat.reader import NativeReaderError, NativeTable, StoredColumn
from diplab.loaders.source import Request, SourceFile
from diplab.microdata.display import bar

SCRIPT = Path(str(child.__file__))  # compiled, where the sources are not there
_START_SECONDS = 60.0
# files after which a child is replaced, because the native library does not free all of its memory
_REQUESTS = 500
_NO_TABLE = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, MemoryError,
    SyntaxError,
)  # fmt: skip
"""What reading a message raises where a child wrote something else."""
_TRY_AGAIN = (
    "Read it again when the computer is less busy, or, where you trust the file, with "
    "`isolated=False`."
)
_NONSENSE = "The reader process failed: it did not return a table."


class Worker:
    """One child process."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._name = (
            ""  # of the file in which messages are written, where the child does not inherit it
        )
        number = -1
        if hasattr(os, "memfd_create"):
            number = os.memfd_create("diplab")
        if number < 0:
            number, self._name = tempfile.mkstemp(prefix="diplab-")
        self._shared = os.fdopen(number, "r+b", buffering=0)
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        self._late = False
        self._busy = False
        self._answered = 0
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(SCRIPT), self._name or str(number)],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            pass_fds=() if self._name else (number,),
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    @property
    def worn(self) -> bool:
        """True where it answers no more, or has answered long enough."""
        return (
            self._late
            or self._busy
            or self._process.poll() is not None
            or self._answered >= _REQUESTS
        )

    def ask(self, request: dict[str, Any], content: bytes, seconds: float) -> NativeTable:
        """Return the answer to a request."""
        self._busy = True  # and so it stays where Ctrl-C comes between question and answer
        if not self._answered:
            self._wait(_START_SECONDS)
        write_message(
            self._shared, {**request, "seconds": seconds}, [np.frombuffer(content, dtype=np.uint8)]
        )
        with contextlib.suppress(OSError):  # it may have died meanwhile
            self._process.stdin.write(b"\n")  # type: ignore[union-attr]
        self._wait(seconds)
        self._busy = False
        self._answered += 1
        return _written_table(self._shared)

    def _wait(self, seconds: float) -> None:
        """Wait for the child to say that it has written."""
        timer = threading.Timer(seconds, self._overdue)
        timer.daemon = True
        timer.start()
        try:
            answered = self._process.stdout.read(1)  # type: ignore[union-attr]
        finally:
            timer.cancel()
        if not answered:
            raise self._death(seconds)

    def _overdue(self) -> None:
        self._late = True
        self._process.kill()

    def _death(self, seconds: float) -> NativeReaderError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)  # it may be on its way out, and then says why
        self._process.kill()
        code = self._process.wait()
        self._words.seek(0)
        lines = self._words.read().decode("utf-8", "replace").strip().splitlines()
        self.close()
        if self._late:
            late = (
                f"The reader process was still running after {seconds:g} seconds and was stopped."
            )
            return NativeReaderError(late, _TRY_AGAIN)
        if code < 0:
            name = signal.Signals(-code).name
            return NativeReaderError(
                f"Its reader died on it ({name}), as it does on some damaged files."
            )
        why = lines[-1].rstrip(".") if lines else f"exit code {code}"
        return NativeReaderError(f"The reader process failed: {why}.")

    def close(self) -> None:
        """End the child and release its files."""
        self._process.kill()
        self._process.wait()
        self.forget()

    def forget(self) -> None:
        """Close the pipes of a child; in a fork the child itself belongs to the parent process."""
        for item in (self._process.stdin, self._process.stdout, self._words, self._shared):
            with contextlib.suppress(OSError):
                if item is not None:
                    item.close()
        if self._process.returncode is None:
            self._process.returncode = 0
        if self._name and os.getpid() == self._owner:
            Path(self._name).unlink(missing_ok=True)


def _written_table(shared: BinaryIO) -> NativeTable:
    """Return the table that a child wrote into the shared file, which is emptied."""
    try:
        message, arrays = read_message(shared)
        if "refusal" in message:
            raise NativeReaderError(str(message["refusal"]), str(message["write"]))
        columns = {}
        for name, described in message["columns"].items():
            values, words = arrays.pop(0), described["values"]
            if words is not None:
                values = np.array([*words, None], dtype=object)[:-1][values]
            columns[name] = StoredColumn(
                **{
                    **described,
                    "values": values,
                    "tags": arrays.pop(0) if described["tags"] else None,
                }
            )
        table = NativeTable(columns, dict(message["about"]))
    except _NO_TABLE as wrong:
        raise NativeReaderError(_NONSENSE) from wrong
    shared.truncate(0)
    return table


_lock = threading.Lock()
_idle: list[Worker] = []


@contextlib.contextmanager
def lent_worker() -> Iterator[Worker]:
    """Lend a worker for a `with` block; one is kept for the next."""
    with _lock:
        lent = None
        if _idle:
            lent = _idle.pop()
    if lent is not None and lent.worn:
        lent.close()
        lent = None
    worker = lent or Worker()
    try:
        yield worker
    finally:
        with _lock:
            retained = not worker.worn and not _idle
            if retained:
                _idle.append(worker)
        if not retained:
            worker.close()


def _end() -> None:
    with _lock:
        ended, _idle[:] = list(_idle), []
    for worker in ended:
        worker.close()


def _after_fork() -> None:
    """Forget the workers after a fork: processes sharing a child would mix their answers."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    for worker in _idle:
        worker.forget()
    _idle.clear()


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


_LARGE = 1_000_000
_MEMORY = 10**9
_BLOW_UP = 15  # most bytes of memory that the library takes for each byte of answers
_DECOMPRESSED = 2 * 10**9  # files of R, workbooks and some of SAS are decompressed in memory


def read_table(
    source: SourceFile,
    request: Request,
    columns: Sequence[str] | None,
    seconds: float | None = None,
) -> NativeTable:
    """Read an SPSS, Stata, SAS or R file."""
    asked = {
        "suffix": source.suffix,
        "columns": None if columns is None else list(columns),
        "rows": (0, None)
        if request.rows is None
        else (request.rows.start, max(request.rows.start, request.rows.stop)),
        "table": request.table,
        "trusted": not request.isolated,
    }
    return _read(source, asked, seconds, isolated=request.isolated)


def read_workbook(
    source: SourceFile, wanted: Sequence[str | int] | None, *, isolated: bool
) -> NativeTable:
    """Read sheets of a workbook (see `read_sheets`)."""
    return _read(source, {"sheets": wanted}, isolated=isolated)


def _read(
    source: SourceFile, asked: Mapping[str, Any], seconds: float | None = None, *, isolated: bool
) -> NativeTable:
    """Return what is asked of a file, from a child with time and memory limits if isolated."""
    stored, of_r = source.stored, source.suffix in R_SUFFIXES
    if not isolated:
        return read_stored(stored, asked)
    content, file = (stored, "") if isinstance(stored, bytes) else (b"", str(stored.absolute()))
    size = 0
    with contextlib.suppress(OSError):  # its absence is found where it is read
        size = len(content) or Path(file).stat().st_size
    rate = 2.0
    if of_r or "sheets" in asked:
        rate = 10.0
    memory = _MEMORY + _BLOW_UP * size + (_DECOMPRESSED if of_r or size > _LARGE else 0)
    with bar(source.path.name, None), lent_worker() as worker:
        answer = {**asked, "file": file, "memory": memory}
        if seconds is None:
            seconds = (8.0 + rate * size / 1e6) * _load()
        return worker.ask(answer, content, seconds)


def _load() -> float:
    """Return the number of processes per processor, at least 1: the factor that slows reading."""
    try:
        waiting = os.getloadavg()[0]
    except (AttributeError, OSError):
        return 1.0
    return max(1.0, waiting / (os.cpu_count() or 1))
