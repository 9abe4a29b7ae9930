"""The native reader kept at arm's length: a child process that may die, and a parent that may not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from diplab.loaders import native
from diplab.loaders.native import NativeReaderError, NativeTable, load_table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["read_isolated"]

SCRIPT = Path(native.__file__)
_GIBIBYTE = 1024**3


def read_isolated(
    content: bytes,
    suffix: str,
    columns: Sequence[str] | None = None,
    *,
    seconds: float | None = None,
    script: Path = SCRIPT,
) -> NativeTable:
    """Read the bytes of an SPSS or Stata file in a child process, within limits of time and memory.

    Parameters
    ----------
    content : bytes
        The whole file.
    suffix : {".sav", ".zsav", ".dta"}
        Format of the file.
    columns : sequence of str, optional
        Columns to read; all by default.
    seconds : float, optional
        Time allowed; two minutes and two seconds a megabyte by default.
    script : Path, optional
        The reader run in the child.

    Returns
    -------
    NativeTable
        The same as `native.read_native` returns in this process.

    Raises
    ------
    NativeReaderError
        Where the reader refuses the file, dies on it, or takes too long.
    """
    allowed = 120.0 + 2.0 * len(content) / 1e6 if seconds is None else seconds
    memory = 4 * _GIBIBYTE + 100 * len(content)
    with tempfile.TemporaryDirectory(prefix="diplab-") as folder:
        command = [sys.executable, "-P", str(script), suffix, folder, json.dumps(columns and list(columns))]
        try:
            child = subprocess.run(
                [*command, str(memory)], input=content, capture_output=True, timeout=allowed, check=False
            )
        except subprocess.TimeoutExpired as late:
            message = f"Its reader was still at work after {allowed:g} seconds and was stopped."
            raise NativeReaderError(message) from late
        refusal = Path(folder) / "refusal.json"
        if refusal.exists():
            raise NativeReaderError(json.loads(refusal.read_text(encoding="ascii")))
        if child.returncode != 0:
            raise NativeReaderError(_death(child))
        return load_table(Path(folder))


def _death(child: subprocess.CompletedProcess[bytes]) -> str:
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        return f"Its reader died on it ({name}), as it does on some damaged files."
    lines = child.stderr.decode("utf-8", "replace").strip().splitlines()
    return f"Its reader stopped: {lines[-1].rstrip('.') if lines else f'exit code {child.returncode}'}."
