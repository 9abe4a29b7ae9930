"""The native readers in child processes, within limits of time and memory, as their parent sees them."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from diplab.loaders.readstat.child import R_SUFFIXES, read_message, read_stored, write_message
from diplab.loaders.readstat.reader import Extent, NativeReaderError, NativeTable, Range, measure_extent
from diplab.loaders.source import Request, SourceFile
from diplab.microdata.display import bar

SCRIPT = Path(__file__).with_name("child.py")
_START_SECONDS = 60.0
_REQUESTS = 500  # files after which a child is replaced, because the native library does not free all of its memory
_NO_TABLE = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, MemoryError, SyntaxError,
)  # fmt: skip
"""What reading a message raises where a child wrote something else."""
_NONSENSE = "Its reader stopped: what it answered is no table."


class Worker:
    """One child process."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._name = ""  # of the file in which messages are written, where the child does not inherit it
        number = os.memfd_create("diplab") if hasattr(os, "memfd_create") else -1
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
        return self._late or self._busy or self._process.poll() is not None or self._answered >= _REQUESTS

    def ask(self, request: dict[str, Any], content: bytes, seconds: float) -> NativeTable:
        """Return the answer to a request."""
        self._busy = True  # and so it stays where Ctrl-C comes between question and answer
        if not self._answered:
            self._wait(_START_SECONDS)
        write_message(self._shared, {**request, "seconds": seconds}, [np.frombuffer(content, dtype=np.uint8)])
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
            return NativeReaderError(f"Its reader was still at work after {seconds:g} seconds and was stopped.")
        if code < 0:
            name = signal.Signals(-code).name
            return NativeReaderError(f"Its reader died on it ({name}), as it does on some damaged files.")
        why = lines[-1].rstrip(".") if lines else f"exit code {code}"
        return NativeReaderError(f"Its reader stopped: {why}.")

    def close(self) -> None:
        """End the child and release its files."""
        self._process.kill()
        self._process.wait()
        self.forget()

    def forget(self) -> None:
        """Close the pipes of a child; in a fork the child itself belongs to the parent process."""
        for each in (self._process.stdin, self._process.stdout, self._words, self._shared):
            with contextlib.suppress(OSError):
                if each is not None:
                    each.close()
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
        columns = dict(zip(message["columns"], arrays, strict=False))
        tags = dict(zip(message["tags"], arrays[len(columns) :], strict=True))
        for name, words in message["words"].items():
            columns[name] = np.array([*words, None], dtype=object)[:-1][columns[name]]
        table = NativeTable(columns, tags, dict(message["about"]))
    except _NO_TABLE as wrong:
        raise NativeReaderError(_NONSENSE) from wrong
    shared.truncate(0)
    return table


_lock = threading.Lock()
_idle: list[Worker] = []


@contextlib.contextmanager
def workers(count: int) -> Iterator[list[Worker]]:
    """Lend workers for a `with` block; one of them is kept for the next."""
    with _lock:
        lent = [_idle.pop() for _ in range(min(count, len(_idle)))]
    for dead in [worker for worker in lent if worker.worn]:
        dead.close()
        lent.remove(dead)
    lent += [Worker() for _ in range(count - len(lent))]
    try:
        yield lent
    finally:
        sound = [worker for worker in lent if not worker.worn]
        with _lock:
            retained = sound[: max(0, 1 - len(_idle))]
            _idle.extend(retained)
        for worker in lent:
            if worker not in retained:
                worker.close()


def _end() -> None:
    with _lock:
        ended, _idle[:] = list(_idle), []
    for worker in ended:
        worker.close()


def _after_fork() -> None:
    """Forget the workers after a fork: two processes using one child would read each other's answers."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    for worker in _idle:
        worker.forget()
    _idle.clear()


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


_SMALL = 16_000_000
_CHUNK = 20_000_000
_COMPRESSED_CHUNK = 200_000_000
_MOST_WORKERS = 8


@dataclass(frozen=True)
class ReadPlan:
    """How a file is read."""

    ranges: list[Range]
    rows: int | None  # rows in all, where they are known
    bytes_at_once: int  # bytes of answers that the longest range holds; 0 where it is not known
    workers: int  # processes that share the ranges


def read_plan(
    extent: Extent | None, columns: Sequence[str] | None, rows: Range, processors: int | None = None
) -> ReadPlan:
    """Return the ranges in which a file is read: one where it is small, or where its rows are not counted."""
    # short ranges take little memory; in a compressed file each costs the reading of all rows before it
    if extent is None or extent.rows is None or not set(columns or ()) <= set(extent.widths):
        return ReadPlan([rows], None, 0, 1)
    first, last = rows[0], extent.rows if rows[1] is None else min(rows[1], extent.rows)
    wanted = extent.widths if columns is None else {name: extent.widths[name] for name in columns}
    count, width = max(0, last - first), max(8, sum(wanted.values()))
    workers = 1 if count * width < _SMALL else min(processors or _processors(), _MOST_WORKERS)
    most = (_CHUNK if extent.direct else _COMPRESSED_CHUNK) // width
    step = max(1, min(most, -(-count // workers)))
    # The last range goes where the request does, so that rows beyond those counted in the header are found.
    ranges = [(start, start + step if start + step < last else rows[1]) for start in range(first, last, step)] or [rows]
    return ReadPlan(ranges, count, min(step, count) * width, min(workers, len(ranges)))


def _processors() -> int:
    """Return how many processors are free: where all are at work, further processes cost more than they bring."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    at_work = int(os.getloadavg()[0]) if hasattr(os, "getloadavg") else 0
    return max(1, own - at_work)


_LARGE = 1_000_000
_MEMORY = 10**9
_BLOW_UP = 15  # most bytes of memory that the library takes for each byte of answers
_OF_R = 2 * 10**9  # a file of R is decompressed whole in memory, and then parsed


def read_isolated(
    source: SourceFile, request: Request, columns: Sequence[str] | None, seconds: float | None = None
) -> NativeTable:
    """Read an SPSS, Stata, SAS or R file in child processes, within limits of time and memory."""
    # a large file is read by several at once, each taking ranges of its rows
    size, of_r = _size(source), source.suffix in R_SUFFIXES
    if seconds is None:
        seconds = 8.0 + (10.0 if of_r else 2.0) * size / 1e6  # a file of R is compressed, and well
    content, file = _handed(source)
    asked = {
        "file": file,
        "suffix": source.suffix,
        "columns": None if columns is None else list(columns),
        "table": request.table,
        "memory": _MEMORY,
    }
    with workers(1) as [worker]:
        extent = None
        if _is_counted(source):
            try:
                extent = Extent(**worker.ask(asked, content, seconds).about)
            except TypeError as wrong:
                raise NativeReaderError(_NONSENSE) from wrong
        plan = read_plan(extent, columns, _bounds(request.rows))
        own = 0 if size <= _LARGE else _BLOW_UP * plan.bytes_at_once or 10 * size
        asked["memory"] = _MEMORY + max(own, _OF_R if of_r else 0)
        with workers(plan.workers - 1) as others:
            idle = [worker, *others]

            def read(part: Range) -> NativeTable:
                taken = idle.pop()
                try:
                    return taken.ask({**asked, "rows": part}, content, seconds)
                finally:
                    idle.append(taken)

            return _read_parts(plan, read, source)


def read_workbook(source: SourceFile, wanted: Sequence[str | int] | None, *, isolated: bool) -> NativeTable:
    """Read sheets of a workbook (see `read_sheets`), where isolated in a child process within limits."""
    if not isolated:
        from diplab.loaders.readstat.sheets import read_sheets

        return read_sheets(source.stored, wanted)
    content, file = _handed(source)
    size = _size(source)
    memory = _MEMORY + (_OF_R if size > _LARGE else 0)  # compressed, as a file of R is
    with workers(1) as [worker]:
        asked = {"file": file, "sheets": wanted, "memory": memory}
        return worker.ask(asked, content, 8.0 + 10.0 * size / 1e6)


def _handed(source: SourceFile) -> tuple[bytes, str]:
    """Return what a child gets of a file: its bytes, where they are in memory only, or where it is."""
    stored = source.stored
    return (stored, "") if isinstance(stored, bytes) else (b"", str(stored.absolute()))


def read_here(source: SourceFile, request: Request, columns: Sequence[str] | None) -> NativeTable:
    """Read an SPSS, Stata, SAS or R file in this process, one range after the other: for files that are trusted."""
    file, suffix = source.stored, source.suffix
    extent = measure_extent(file, suffix) if _is_counted(source) else None
    plan = read_plan(extent, columns, _bounds(request.rows), 1)

    def read(part: Range) -> NativeTable:
        return read_stored(file, suffix, columns, part, request.table, trusted=True)

    return _read_parts(plan, read, source)


def _read_parts(plan: ReadPlan, read: Callable[[Range], NativeTable], source: SourceFile) -> NativeTable:
    with bar(source.path.name, plan.rows) as advance:
        if len(plan.ranges) == 1:
            return read(plan.ranges[0])
        parts = []
        with ThreadPoolExecutor(plan.workers) as threads:
            # in their order, so that it is the first range that is cut which refuses: it knows how many rows there are
            for part in threads.map(read, plan.ranges):
                parts.append(part)
                advance(_length(part))
        if len({part.about["encoding"] for part in parts}) > 1:  # in which words were read
            return read((plan.ranges[0][0], plan.ranges[-1][1]))
        return _joined(parts)


def _joined(parts: Sequence[NativeTable]) -> NativeTable:
    """Return the table whose rows are parted; their columns are taken from the parts, to hold each in memory once."""
    # the letters of Stata's missing values are known where they are met in the rows
    tagged = dict.fromkeys(name for part in parts for name in part.about["tags"])
    letters = {name: sorted({each for part in parts for each in part.about["tags"].get(name, [])}) for name in tagged}
    tags = {
        name: np.concatenate([part.tags.get(name, np.zeros(_length(part), dtype="<U1")) for part in parts])
        for name in letters
    }
    columns = {name: np.concatenate([part.columns.pop(name) for part in parts]) for name in list(parts[0].columns)}
    return NativeTable(columns, tags, {**parts[0].about, "tags": letters})


def _length(table: NativeTable) -> int:
    return len(next(iter(table.columns.values()), ()))


def _bounds(rows: range | None) -> Range:
    return (0, None) if rows is None else (rows.start, max(rows.start, rows.stop))


def _size(source: SourceFile) -> int:
    try:
        return len(source.stored) if isinstance(source.stored, bytes) else source.stored.stat().st_size
    except OSError:
        return 0  # its absence is found where it is read


def _is_counted(source: SourceFile) -> bool:
    """Return whether to count the rows of a file first; a file of R would be parsed for that."""
    return _size(source) > _LARGE and source.suffix not in R_SUFFIXES
