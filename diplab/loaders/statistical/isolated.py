"""The native reader kept at arm's length: child processes that may die, and a parent that may not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from diplab.loaders.statistical.assembly import Assembly
from diplab.loaders.statistical.chunks import plan_of
from diplab.loaders.statistical.native import Extent, NativeReaderError, NativeTable, extent_of
from diplab.loaders.statistical.reading import R_SUFFIXES, read_stored
from diplab.loaders.statistical.transport import ClosedPipeError, take_table
from diplab.loaders.statistical.worker import SCRIPT, Worker, workers
from diplab.microdata.display import bar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from diplab.loaders.statistical.chunks import Plan

    Range = tuple[int, int | None]
    Read = Callable[[Range], NativeTable]

__all__ = ["read_here", "read_isolated"]

_LARGE = 1_000_000
_MEMORY = 10**9
_BLOW_UP = 15
"""What the library holds of a range, at most, to each byte of its answers."""

_OF_R = 2 * 10**9
"""A file of R is decompressed whole in memory, and then parsed."""

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
    """Read an SPSS, Stata, SAS or R file in child processes, within limits of time and memory.

    A large file is read by several at once, each taking ranges of its rows.

    Parameters
    ----------
    file : Path or bytes
        Where it lies, or the whole of it.
    suffix : {".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".sas7bcat", ".xpt", ".rds", ".rda", ".rdata"}
        Format of the file.
    columns : sequence of str, optional
        Columns to read; all by default.
    rows : range, optional
        Rows to read; all by default.
    table : str, optional
        Name of an object in a file of R.
    seconds : float, optional
        Time allowed for one range; eight seconds and two a megabyte (ten in R) by default.
    script : Path, optional
        What runs in the child.

    Returns
    -------
    NativeTable
        The same as `native.read_native` returns in this process.

    Raises
    ------
    NativeReaderError
        Where the reader refuses the file, dies on it, or takes too long.
    """
    task = _Task(file, suffix, None if columns is None else list(columns), table, seconds)
    if script != SCRIPT:
        worker = Worker(script, seconds)
        try:
            return task.read(worker, _bounds(rows), plan_of(None, columns, _bounds(rows)))
        finally:
            worker.close()
    with workers(1) as [worker]:
        extent = task.extent(worker) if task.counted else None
        plan = plan_of(extent, columns, _bounds(rows))
        with workers(plan.workers - 1) as others:
            idle = [worker, *others]

            def read(part: Range) -> NativeTable:
                taken = idle.pop()
                try:
                    return task.read(taken, part, plan)
                finally:
                    idle.append(taken)

            return _read_parts(plan, read, _name(file))


def read_here(
    file: Path | bytes,
    suffix: str,
    columns: Sequence[str] | None = None,
    rows: range | None = None,
    table: str | None = None,
) -> NativeTable:
    """Read an SPSS, Stata, SAS or R file in this process, one range after the other: for files that are trusted.

    Raises
    ------
    NativeReaderError
        Where the reader refuses the file.
    """
    extent = extent_of(file, suffix) if _is_counted(file, suffix) else None
    plan = plan_of(extent, columns, _bounds(rows), 1)

    def read(part: Range) -> NativeTable:
        return read_stored(file, suffix, columns, part, table, many=plan.many, trusted=True)

    return _read_parts(plan, read, _name(file))


class _Task:
    """What is asked of a child about one file."""

    def __init__(
        self,
        file: Path | bytes,
        suffix: str,
        columns: list[str] | None,
        table: str | None,
        seconds: float | None,
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

    def read(self, worker: Worker, part: Range, plan: Plan) -> NativeTable:
        at_once = plan.bytes_at_once
        own = 0 if self.size <= _LARGE else 10 * self.size if not at_once else _BLOW_UP * at_once
        request = {**self._request, "rows": part, "many": plan.many, "memory": _MEMORY + max(own, self._own)}
        answer = worker.ask(request, self._content, self._seconds)
        try:
            return take_table(answer, worker.shared)
        except ClosedPipeError as wrong:
            raise NativeReaderError(_NONSENSE) from wrong


def _read_parts(plan: Plan, read: Read, name: str) -> NativeTable:
    with bar(name, plan.rows) as advance:
        if len(plan.ranges) == 1 or plan.rows is None:
            return read(plan.ranges[0])
        assembly = Assembly(plan.ranges[0][0], plan.rows)
        refusals: dict[int, NativeReaderError] = {}
        waiting = list(reversed(plan.ranges))
        lock = threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    if not waiting or refusals or not assembly.agrees:
                        return
                    part = waiting.pop()
                try:
                    table = read(part)
                except NativeReaderError as refusal:
                    refusals[part[0]] = refusal
                    return
                assembly.add(part[0], table)
                advance(len(next(iter(table.columns.values()), ())))

        with ThreadPoolExecutor(plan.workers) as threads:
            for each in [threads.submit(work) for _ in range(plan.workers)]:
                each.result()
        if refusals:
            raise refusals[min(refusals)]  # the first that is cut knows how many rows there are
        if assembly.agrees:
            return assembly.table()
        return read((plan.ranges[0][0], plan.ranges[-1][1]))


def _bounds(rows: range | None) -> Range:
    return (0, None) if rows is None else (rows.start, max(rows.start, rows.stop))


def _size(file: Path | bytes) -> int:
    try:
        return len(file) if isinstance(file, bytes) else file.stat().st_size
    except OSError:
        return 0  # its absence is found where it is read


def _is_counted(file: Path | bytes, suffix: str) -> bool:
    """Return whether it is worth while to ask how many rows a file has; one of R is parsed whole to know."""
    return _size(file) > _LARGE and suffix not in R_SUFFIXES


def _name(file: Path | bytes) -> str:
    return "" if isinstance(file, bytes) else file.name
