"""A bar on the terminal or in the notebook, for what takes more than two seconds."""

from __future__ import annotations

import contextlib
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["bar"]

PATIENCE = 2.0


@contextlib.contextmanager
def bar(name: str, rows: int | None, patience: float = PATIENCE) -> Iterator[Callable[[int], None]]:
    """Show how much of a long task is done, where it takes long; nothing where nobody looks.

    In a notebook the bar takes ipywidgets; without it there is none.

    Parameters
    ----------
    name : str
        Of the file, or of what is counted.
    rows : int or None
        How many rows, models or replicates there are, if known.
    patience : float
        Seconds before it appears.

    Examples
    --------
    >>> with bar("survey.sav", 1000) as advance:
    ...     advance(500)
    """
    read = 0
    shown: list[Any] = []
    ended = False
    lock = threading.Lock()

    def show() -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        with lock:
            if ended or not (console.is_terminal or console.is_jupyter):
                return
            if console.is_jupyter and find_spec("ipywidgets") is None:
                # rich would warn each time instead of drawing
                return
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            progress = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
            progress.add_task(name, total=rows, completed=read)
            progress.start()
            shown.append(progress)

    def advance(more: int) -> None:
        nonlocal read
        with lock:
            read += more
            for progress in shown:
                progress.advance(progress.task_ids[0], more)

    timer = threading.Timer(patience, show)
    timer.daemon = True
    timer.start()
    try:
        yield advance
    finally:
        timer.cancel()
        with lock:
            ended = True
        for progress in shown:
            progress.stop()
