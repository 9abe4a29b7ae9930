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
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from diplab.loaders.readstat.child import R_SUFFIXES, ClosedPipeError, read_stored, receive, send, take_table
from diplab.loaders.readstat.reader import Extent, NativeReaderError, NativeTable, measure_extent
from diplab.microdata.display import bar

if TYPE_CHECKING:
    Range = tuple[int, int | None]
    Read = Callable[[Range], NativeTable]

SCRIPT = Path(__file__).with_name("child.py")
_START_SECONDS = 60.0
_REQUESTS = 500  # files after which a child is replaced, because the native library does not free all of its memory


class Worker:
    """One child process."""

    def __init__(self, script: Path = SCRIPT, seconds: float | None = None) -> None:
        self._patience = _START_SECONDS if seconds is None else seconds
        self._owner = os.getpid()
        self.shared, name, number = _shared_file()
        self._name = name
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        self._late = False
        self._busy = False
        self._answered = 0
        self._started = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(script), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            pass_fds=() if number is None else (number,),
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    @property
    def worn(self) -> bool:
        """True where it answers no more, or has answered long enough."""
        return self._late or self._busy or self._process.poll() is not None or self._answered >= _REQUESTS

    def ask(self, request: dict[str, Any], content: bytes, seconds: float) -> dict[str, Any]:
        """Return the answer to a request."""
        if not self._started:
            self._timed(lambda: None, self._patience)
            self._started = True
        asked = {**request, "seconds": seconds}
        answer = self._timed(lambda: send(self._process.stdin, asked, content), seconds)  # type: ignore[arg-type]
        self._answered += 1
        if "refusal" in answer:
            raise NativeReaderError(str(answer["refusal"]))
        return answer

    def _timed(self, write: Callable[[], None], seconds: float) -> dict[str, Any]:
        timer = threading.Timer(seconds, self._overdue)
        timer.daemon = True
        timer.start()
        self._busy = True  # and so it stays where Ctrl-C comes between question and answer
        try:
            write()
            answer = receive(self._process.stdout)[0]  # type: ignore[arg-type]
        except (ClosedPipeError, OSError) as ended:
            raise self._death(seconds) from ended
        finally:
            timer.cancel()
        self._busy = False
        return answer

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
        for each in (self._process.stdin, self._process.stdout, self._words, self.shared):
            with contextlib.suppress(OSError):
                if each is not None:
                    each.close()
        if self._process.returncode is None:
            self._process.returncode = 0
        if not self._name.isdigit() and os.getpid() == self._owner:
            Path(self._name).unlink(missing_ok=True)


def _shared_file() -> tuple[BinaryIO, str, int | None]:
    """Return a file in memory, its name for a child, and the number under which the child inherits it."""
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("diplab")
        return os.fdopen(number, "r+b", buffering=0), str(number), number
    number, name = tempfile.mkstemp(prefix="diplab-")
    return os.fdopen(number, "r+b", buffering=0), name, None


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

    ranges: list[tuple[int, int | None]]
    """First row and the one after the last, which is None where the file is read to its end."""
    rows: int | None  # rows in all, where they are known
    width: int  # bytes of a row
    workers: int  # processes that share the ranges

    @property
    def many(self) -> bool:
        """True where there are rows enough for more than one range."""
        return len(self.ranges) > 1

    @property
    def bytes_at_once(self) -> int:
        """How many bytes of answers the longest range holds; 0 where it is not known."""
        if self.rows is None:
            return 0
        first, last = self.ranges[0]
        return self.width * ((self.rows if last is None else last) - first)


def read_plan(
    extent: Extent | None, columns: Sequence[str] | None, rows: tuple[int, int | None], processors: int | None = None
) -> ReadPlan:
    """Return the ranges in which a file is read: one where it is small, or where its rows are not counted."""
    # short ranges take little memory; in a compressed file each costs the reading of all rows before it
    if extent is None or extent.rows is None or not set(columns or ()) <= set(extent.widths):
        return ReadPlan([rows], None, 0, 1)
    first, last = rows[0], extent.rows if rows[1] is None else min(rows[1], extent.rows)
    wanted = extent.widths if columns is None else {name: extent.widths[name] for name in columns}
    count, width = max(0, last - first), max(8, sum(wanted.values()))
    if not count or count * width < _SMALL:
        return ReadPlan([rows], count, width, 1)
    workers = min(processors or _processors(), _MOST_WORKERS)
    most = (_CHUNK if extent.direct else _COMPRESSED_CHUNK) // width
    step = max(1, min(most, -(-count // workers)))
    starts = range(first, last, step)
    # The last range goes where the request does, so that rows beyond those counted in the header are found.
    ranges = [(start, min(start + step, last) if start + step < last else rows[1]) for start in starts]
    return ReadPlan(ranges, count, width, min(workers, len(ranges)))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_OF_ALL_ROWS = ("encoding",)  # what must be the same for all ranges: the encoding in which words were read


class PartialTable:
    """A table of which ranges of rows are put together."""

    def __init__(self, first: int, rows: int) -> None:
        self._first = first
        self._rows = rows
        self._columns: dict[str, NDArray[Any]] = {}
        self._tags: dict[str, NDArray[Any]] = {}
        self._about: dict[str, Any] = {}
        self.agrees = True  # false where a range was read in another encoding than the first

    def add(self, start: int, table: NativeTable) -> None:
        """Insert a range of rows."""
        self._describe(table.about)
        if not self.agrees:
            return
        for name, values in table.columns.items():
            place = slice(start - self._first, start - self._first + len(values))
            column = self._columns.get(name)
            if column is None:
                column = np.empty(self._rows, dtype=values.dtype)
            elif column.dtype != values.dtype:  # whole numbers in one range, gaps among them in the other
                column = column.astype(np.float64, copy=False)
            self._columns[name] = column
            column[place] = values
            if name in table.tags:
                letters = self._tags.setdefault(name, np.full(self._rows, "", dtype="<U1"))
                letters[place] = table.tags[name]

    def table(self) -> NativeTable:
        """Return the complete table."""
        return NativeTable(self._columns, self._tags, self._about)

    def _describe(self, about: Mapping[str, Any]) -> None:
        if not self._about:
            self._about.update(about)
        self.agrees = self.agrees and all(self._about.get(key) == about.get(key) for key in _OF_ALL_ROWS)
        # Letters of Stata's missing values are those met in the rows.
        known = self._about["tags"]
        for name, letters in about["tags"].items():
            known[name] = sorted({*known.get(name, []), *letters})


_LARGE = 1_000_000
_MEMORY = 10**9
_BLOW_UP = 15  # most bytes of memory that the library takes for each byte of answers
_OF_R = 2 * 10**9  # a file of R is decompressed whole in memory, and then parsed
_NONSENSE = "Its reader stopped: what it answered is no table."


def read_isolated(
    file: Path | bytes,
    suffix: str,
    columns: Sequence[str] | None = None,
    rows: range | None = None,
    table: str | None = None,
    *,
    seconds: float | None = None,
    script: Path = SCRIPT,
) -> NativeTable:
    """Read an SPSS, Stata, SAS or R file in child processes, within limits of time and memory."""
    # a large file is read by several at once, each taking ranges of its rows
    isolated = _IsolatedFile(file, suffix, None if columns is None else list(columns), table, seconds)
    if script != SCRIPT:
        with contextlib.closing(Worker(script, seconds)) as worker:
            return isolated.read(worker, _bounds(rows), read_plan(None, columns, _bounds(rows)))
    with workers(1) as [worker]:
        extent = isolated.extent(worker) if isolated.counted else None
        plan = read_plan(extent, columns, _bounds(rows))
        with workers(plan.workers - 1) as others:
            idle = [worker, *others]

            def read(part: Range) -> NativeTable:
                taken = idle.pop()
                try:
                    return isolated.read(taken, part, plan)
                finally:
                    idle.append(taken)

            return _read_parts(plan, read, _name(file))


def read_here(
    file: Path | bytes, suffix: str, columns: Sequence[str] | None, rows: range | None, table: str | None
) -> NativeTable:
    """Read an SPSS, Stata, SAS or R file in this process, one range after the other: for files that are trusted."""
    extent = measure_extent(file, suffix) if _is_counted(file, suffix) else None
    plan = read_plan(extent, columns, _bounds(rows), 1)

    def read(part: Range) -> NativeTable:
        return read_stored(file, suffix, columns, part, table, many=plan.many, trusted=True)

    return _read_parts(plan, read, _name(file))


class _IsolatedFile:
    """A file as child processes are asked to read it."""

    def __init__(
        self, file: Path | bytes, suffix: str, columns: list[str] | None, table: str | None, seconds: float | None
    ) -> None:
        self.size = _size(file)
        self.counted = _is_counted(file, suffix)
        of_r = suffix in R_SUFFIXES
        self._own = _OF_R if of_r else 0
        a_megabyte = 10.0 if of_r else 2.0  # of a file that is compressed, and well
        self._seconds = 8.0 + a_megabyte * self.size / 1e6 if seconds is None else seconds
        self._content = file if isinstance(file, bytes) else b""
        self._request = {
            "file": "" if isinstance(file, bytes) else str(file.absolute()),
            "suffix": suffix,
            "columns": columns,
            "rows": None,
            "table": table,
            "extent": False,
            "many": False,
            "memory": _MEMORY,
        }

    def extent(self, worker: Worker) -> Extent:
        answer = worker.ask({**self._request, "extent": True}, self._content, self._seconds)
        try:
            return Extent(**answer["extent"])
        except (LookupError, TypeError) as wrong:
            raise NativeReaderError(_NONSENSE) from wrong

    def read(self, worker: Worker, part: Range, plan: ReadPlan) -> NativeTable:
        at_once = plan.bytes_at_once
        own = 0 if self.size <= _LARGE else 10 * self.size if not at_once else _BLOW_UP * at_once
        request = {**self._request, "rows": part, "many": plan.many, "memory": _MEMORY + max(own, self._own)}
        answer = worker.ask(request, self._content, self._seconds)
        try:
            return take_table(answer, worker.shared)
        except ClosedPipeError as wrong:
            raise NativeReaderError(_NONSENSE) from wrong


def _read_parts(plan: ReadPlan, read: Read, name: str) -> NativeTable:
    with bar(name, plan.rows) as advance:
        if len(plan.ranges) == 1 or plan.rows is None:
            return read(plan.ranges[0])
        partial = PartialTable(plan.ranges[0][0], plan.rows)
        with ThreadPoolExecutor(plan.workers) as threads:
            # in their order, so that it is the first range that is cut which refuses: it knows how many rows there are
            for (start, _), table in zip(plan.ranges, threads.map(read, plan.ranges), strict=True):
                partial.add(start, table)
                if not partial.agrees:
                    break
                advance(len(next(iter(table.columns.values()), ())))
        return partial.table() if partial.agrees else read((plan.ranges[0][0], plan.ranges[-1][1]))


def _bounds(rows: range | None) -> Range:
    return (0, None) if rows is None else (rows.start, max(rows.start, rows.stop))


def _size(file: Path | bytes) -> int:
    try:
        return len(file) if isinstance(file, bytes) else file.stat().st_size
    except OSError:
        return 0  # its absence is found where it is read


def _is_counted(file: Path | bytes, suffix: str) -> bool:
    """Return whether to count the rows of a file first; a file of R would be parsed for that."""
    return _size(file) > _LARGE and suffix not in R_SUFFIXES


def _name(file: Path | bytes) -> str:
    return "" if isinstance(file, bytes) else file.name
