"""The child processes of the native reader, the rows that they read, and the bar of long readings."""

from __future__ import annotations

import datetime as dt
import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import rich.console

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.loaders.readstat import child_process
from diplab.loaders.readstat.child import read_message, write_message
from diplab.loaders.readstat.child_process import Worker, lent_worker, read_table
from diplab.loaders.readstat.reader import NativeReaderError
from diplab.loaders.source import Request, SourceFile
from diplab.microdata.display import bar


@pytest.fixture
def sav(tmp_path: Path) -> Path:
    file = tmp_path / "survey.sav"
    pyreadstat.write_sav(pd.DataFrame({"hours": [1.5, 2.5, 3.5], "sex": ["F", "M", "F"]}), file)
    return file


def alive(number: int) -> bool:
    try:
        return (
            Path(f"/proc/{number}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
            != "Z"
        )
    except FileNotFoundError:
        return False


def gone(number: int) -> bool:
    for _ in range(100):
        if not alive(number):
            return True
        time.sleep(0.05)
    return False


def number_of_the_worker() -> int:
    with lent_worker() as worker:
        return worker._process.pid


def test_one_child_reads_file_after_file(sav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(sav)
    first = number_of_the_worker()
    for _ in range(3):
        assert len(read(sav)) == 3
    assert number_of_the_worker() == first
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: read(sav).frame["sex"].tolist(), range(12)))
    assert found == [["F", "M", "F"]] * 12
    from_bytes, from_file = (
        read_table(source, Request(), None)
        for source in (SourceFile(sav, sav.read_bytes()), SourceFile(sav))
    )
    assert from_bytes.about == from_file.about
    assert (
        from_bytes.columns["sex"].values.tolist()
        == from_file.columns["sex"].values.tolist()
        == ["F", "M", "F"]
    )
    # a worn child is replaced
    read(sav)
    first = number_of_the_worker()
    monkeypatch.setattr(child_process, "_REQUESTS", 1)
    read(sav)
    assert not alive(first)
    assert len(read(sav)) == 3


def test_a_child_that_died_is_replaced(sav: Path) -> None:
    read(sav)
    first = number_of_the_worker()
    [idle] = child_process._idle
    os.kill(first, signal.SIGKILL)
    for _ in range(200):  # the system takes its time to end all threads of a process
        if idle.worn:
            break
        time.sleep(0.05)
    assert len(read(sav)) == 3
    assert number_of_the_worker() != first


def test_a_child_that_was_stopped_leaves_the_next_file_alone(sav: Path, refused: Any) -> None:
    read(sav)
    first = number_of_the_worker()
    os.kill(first, signal.SIGSTOP)  # as one that never ends
    refused(lambda: read_table(SourceFile(sav), Request(), None, seconds=0.2), NativeReaderError)
    assert gone(first)
    assert len(read(sav)) == 3


READ = """
import os, sys, time
from diplab.loaders.read import read
from diplab.loaders.readstat.child_process import lent_worker
def pid():
    with lent_worker() as worker: return worker._process.pid
assert len(read(sys.argv[1])) == 3
first = pid()
"""
FORK = """
fork = os.fork()
if fork == 0:
    assert len(read(sys.argv[1])) == 3 and pid() != first
    sys.exit(0)
assert os.waitpid(fork, 0)[1] == 0
assert len(read(sys.argv[1])) == 3 and pid() == first
print(first)
"""


def test_a_child_ends_with_its_parent_and_a_fork_has_its_own(sav: Path) -> None:
    script = [sys.executable, "-c", READ + FORK, str(sav)]
    ran = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert gone(int(ran.stdout))
    # of a parent that is killed
    script[2] = f"{READ}print(first, flush=True)\ntime.sleep(60)\n"
    with subprocess.Popen(script, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        number = int(parent.stdout.readline())
        assert alive(number)
        parent.kill()
    assert gone(number)


FORK_WHILE_LOADING = """
import os, sys, time
from diplab.microdata.display import bar
with bar("survey.sav", None, 0.0):
    while "rich.console" not in sys.modules: time.sleep(1e-4)
    fork = os.fork()
    if fork:
        os.waitpid(fork, 0)
    else:
        with bar("survey.sav", None, 0.0): time.sleep(0.3)
"""


def test_a_fork_loads_what_draws_the_bar_whole() -> None:
    script = [sys.executable, "-c", FORK_WHILE_LOADING]
    ran = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_nothing_stays_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    worker = Worker()
    worker.close()
    assert len(os.listdir("/proc/self/fd")) == before
    assert not alive(worker._process.pid)


LIAR = """
import os, sys
import numpy as np
from diplab.loaders.readstat.child import write_message
os.write(1, b"\\n")
shared = open(int(sys.argv[1]), "r+b", buffering=0)
while sys.stdin.buffer.read(1):
    write_message(shared, {"columns": {"age": {"values": None, "tags": False}}, "about": {}}, [np.zeros(10**6)])
    shared.truncate(1000)
    os.write(1, b"\\n")
"""
ENDLESS = "import os\nwhile True: os.write(1, b'x' * 10**6)"
GREEDY = """
import sys
from diplab.loaders.readstat import child, reader
reader.read_native = lambda *asked: bytearray(2 * 10**9)
child.main(sys.argv[1])
"""
NO_TABLE = "it did not return a table"


def test_answers_of_children_that_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    script = tmp_path / "child.py"
    monkeypatch.setattr(child_process, "SCRIPT", script)
    monkeypatch.setattr(child_process, "_idle", [])

    def ask(text: str) -> None:
        script.write_text(text, encoding="utf-8")
        try:
            read_table(SourceFile(Path("a.sav"), b"$FL2"), Request(), None)
        finally:
            child_process._end()

    refused(lambda: ask(LIAR), NativeReaderError)
    # a file that asks for too much memory is refused
    refused(lambda: ask(GREEDY), NativeReaderError)
    # a damaged child that writes without end does not fill the memory of the parent
    with pytest.raises(NativeReaderError, match=NO_TABLE):
        ask(ENDLESS)
    # What holds Python objects would be code in the hands of who sent it.
    with (tmp_path / "shared").open("w+b", buffering=0) as shared:
        table = {"columns": {"age": {"values": None, "tags": False}}, "about": {}}
        for changed in (b"'|O'", b"'|V8'", b"'<c8'", b"3", b"'<f8'"):
            write_message(shared, table, [np.ones(1)])
            content = (tmp_path / "shared").read_bytes()
            assert content.count(b"'<f8'") == 1
            (tmp_path / "shared").write_bytes(content.replace(b"'<f8'", changed.ljust(5)))
            if changed == b"'<f8'":
                assert child_process._written_table(shared).columns["age"].values.tolist() == [1.0]
                continue
            with pytest.raises(NativeReaderError, match=NO_TABLE):
                child_process._written_table(shared)
        for said in ({"values": None, "tags": True}, {"values": ["x"], "tags": False}, {}):
            write_message(shared, {"columns": {"age": said}, "about": {}}, [np.ones(1)])
            with pytest.raises(NativeReaderError, match=NO_TABLE):
                child_process._written_table(shared)
        write_message(shared, {"words": ["\n", "é"]}, [np.frombuffer(b"\n\0", dtype=np.uint8)])
        message, [array] = read_message(shared)
    assert (message["words"], array.tobytes()) == (["\n", "é"], b"\n\0")


ROWS = 40


def written(file: Path) -> Path:
    late = ROWS - 3
    frame = pd.DataFrame(
        {
            "age": [31.0, 99.0, np.nan, -1.0] * 10, "whole": pd.array([1] * late + [None] * 3, dtype="Int32"),
            "full": np.arange(ROWS, dtype=np.int32),
            "day": [None] * late + [dt.date(2018, 5, 6), None, dt.date(2018, 5, 7)],
            "moment": [dt.datetime(2018, 5, 6, 7, 8, 9)] + [None] * (ROWS - 1),
            "time": [None] * 20 + [dt.time(7, 8, 9)] * 20, "never": [np.nan] * ROWS,
            "town": ["Orléans", "Lyon", "", "Le Mans"] * 10,
        }
    )  # fmt: skip
    if file.suffix == ".dta":
        tagged = frame.drop(columns=["day", "moment", "time"]).assign(
            age=[31.0, 99.0, "a", "b"] * 10
        )
        tagged["late"] = pd.Series([1.0] * late + ["c", 2.0, "d"], dtype=object)
        pyreadstat.write_dta(
            tagged, file, missing_user_values={"age": ["a", "b"], "late": ["c", "d"]}
        )
    else:
        pyreadstat.write_sav(
            frame, file, missing_ranges={"age": [99.0, -1.0]}, compress=file.suffix == ".zsav",
            row_compress=file.stem == "rows",
        )  # fmt: skip
    return file


@pytest.mark.parametrize("name", ["plain.sav", "rows.sav", "packed.zsav"])
def test_rows_that_the_header_does_not_count(tmp_path: Path, name: str) -> None:
    file = written(tmp_path / name)
    whole = file.read_bytes()
    for counted in (30, 43, 0):
        file.write_bytes(whole[:80] + counted.to_bytes(4, "little") + whole[84:])
        for options in ({}, {"isolated": False}, {"columns": ["full"]}):
            with pytest.raises(LoadError, match=f"Its header says {counted} rows"):
                read(file, **options)
    if name == "plain.sav":
        for length in (30, 900, 2000):
            file.write_bytes(whole[:-length])
            with pytest.raises(LoadError, match="Its header says 40 rows and"):
                read(file)


@pytest.mark.parametrize("name", ["plain.sav", "rows.sav", "packed.zsav", "new.dta"])
@pytest.mark.parametrize("apart", [True, False])
def test_only_the_rows_asked(tmp_path: Path, name: str, apart: bool) -> None:
    file = written(tmp_path / name)
    columns = list(read(file).frame)
    for rows in (range(3), range(5, 9), range(38, 60), range(50, 60), range(0), range(7, 7)):
        found = read(file, rows=rows, isolated=apart).frame
        assert found["full"].tolist() == list(range(ROWS))[rows.start : rows.stop]
        assert list(found) == columns
    found = read(file, rows=range(2, 4), columns=["town", "full"], isolated=apart).frame
    assert found.to_dict("list") == {"town": [np.nan, "Le Mans"], "full": [2, 3]}


REAL = rich.console.Console


def drawn(
    monkeypatch: pytest.MonkeyPatch, *awaited: str, patience: float = 0.0, **shown: bool
) -> str:
    """Return what a bar draws, after every 250 rows waited for."""
    made = io.StringIO()

    def console(*, stderr: bool) -> rich.console.Console:
        assert stderr
        return REAL(file=made, width=100, **shown)  # type: ignore[arg-type]

    monkeypatch.setattr(rich.console, "Console", console)
    with bar("survey.sav", 1000, patience) as advance:
        for words in awaited or ("", ""):
            advance(250)
            for _ in range(100 if words else 2):
                if not words or words not in made.getvalue():
                    time.sleep(0.05)
    return made.getvalue()


def test_the_bar_says_the_file_and_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    # what was read before it appears counts
    text = drawn(monkeypatch, " 250/1000", " 500/1000", patience=0.05, force_terminal=True)
    assert all(words in text for words in ("survey.sav", " 250/1000", " 500/1000"))
    # it is silent before its time and where nobody looks
    assert drawn(monkeypatch, patience=60.0, force_terminal=True) == ""
    assert drawn(monkeypatch, force_terminal=False) == ""
