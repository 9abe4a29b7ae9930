"""Child processes that read files, as their parent sees them: started at first use, kept, replaced where they die."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from diplab.loaders.statistical.native import NativeReaderError
from diplab.loaders.statistical.transport import ClosedPipeError, receive, send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["SCRIPT", "Worker", "workers"]

SCRIPT = Path(__file__).with_name("child.py")
_START_SECONDS = 60.0
_REQUESTS = 500
"""What the native library does not give back, after so many files, its process does."""


class Worker:
    """One child process.

    Parameters
    ----------
    script : Path
        What it runs.
    seconds : float, optional
        Time allowed for its start.
    """

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
        ended = self._late or self._busy or self._process.poll() is not None
        return ended or self._answered >= _REQUESTS

    def ask(self, request: dict[str, Any], content: bytes, seconds: float) -> dict[str, Any]:
        """Return the answer to a request.

        Raises
        ------
        NativeReaderError
            Where the child refuses the file, dies on it, or takes too long; then it is stopped.
        """
        if not self._started:
            self._timed(lambda: None, self._patience)
            self._started = True
        answer = self._timed(lambda: send(self._stdin, {**request, "seconds": seconds}, content), seconds)
        self._answered += 1
        if "refusal" in answer:
            raise NativeReaderError(str(answer["refusal"]))
        return answer

    @property
    def _stdin(self) -> BinaryIO:
        assert self._process.stdin is not None
        return self._process.stdin  # type: ignore[return-value]

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
            return NativeReaderError(
                f"Its reader was still at work after {seconds:g} seconds and was stopped."
            )
        if code < 0:
            name = signal.Signals(-code).name
            return NativeReaderError(f"Its reader died on it ({name}), as it does on some damaged files.")
        why = lines[-1].rstrip(".") if lines else f"exit code {code}"
        return NativeReaderError(f"Its reader stopped: {why}.")

    def close(self) -> None:
        """End the child, which has nothing to lose, and leave nothing of it."""
        self._process.kill()
        self._process.wait()
        self.forget()

    def forget(self) -> None:
        """Let go of a child: its pipes, and in a fork, where it is another process's child, of nothing else."""
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
    """Give so many workers for the time of a block; one of them is kept for the next.

    Examples
    --------
    >>> with workers(1) as [worker]:
    ...     worker.worn
    False
    """
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
            kept = sound[: max(0, 1 - len(_idle))]
            _idle.extend(kept)
        for worker in lent:
            if worker not in kept:
                worker.close()


def _end() -> None:
    with _lock:
        ended, _idle[:] = list(_idle), []
    for worker in ended:
        worker.close()


def _after_fork() -> None:
    """Leave the workers to the parent: two processes that speak to one child would read each other's answers."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    for worker in _idle:
        worker.forget()
    _idle.clear()


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
