"""The child processes of the native reader: kept, replaced, ended, and never in each other's way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from diplab.loaders.read import read
from diplab.loaders.readstat import child_process as worker_module
from diplab.loaders.readstat.child import ClosedPipeError, take_table
from diplab.loaders.readstat.child_process import Worker, read_isolated, workers
from diplab.loaders.readstat.reader import NativeReaderError


@pytest.fixture
def sav(tmp_path: Path) -> Path:
    file = tmp_path / "survey.sav"
    pyreadstat.write_sav(pd.DataFrame({"hours": [1.5, 2.5, 3.5], "sex": ["F", "M", "F"]}), file)
    return file


def alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(number: int) -> bool:
    for _ in range(100):
        if not alive(number):
            return True
        time.sleep(0.05)
    return False


def number_of_the_worker() -> int:
    with workers(1) as [worker]:
        return worker._process.pid


def run(script: str, *arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def test_one_child_reads_file_after_file(sav: Path) -> None:
    read(sav)
    first = number_of_the_worker()
    for _ in range(3):
        assert len(read(sav)) == 3
    assert number_of_the_worker() == first


def test_a_child_that_died_is_replaced(sav: Path) -> None:
    read(sav)
    first = number_of_the_worker()
    [idle] = worker_module._idle
    os.kill(first, signal.SIGKILL)
    for _ in range(200):  # the system takes its time to end all threads of a process
        if idle.worn:
            break
        time.sleep(0.05)
    assert len(read(sav)) == 3
    assert number_of_the_worker() != first


def test_a_child_that_was_stopped_leaves_the_next_file_alone(sav: Path, error_text: Any) -> None:
    read(sav)
    first = number_of_the_worker()
    os.kill(first, signal.SIGSTOP)  # as one that never ends
    with pytest.raises(NativeReaderError) as error:
        read_isolated(sav, ".sav", seconds=0.2)
    error_text(error)
    assert gone(first)
    assert len(read(sav)) == 3


def test_a_worn_child_is_replaced(sav: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(sav)
    first = number_of_the_worker()
    monkeypatch.setattr(worker_module, "_REQUESTS", 1)
    read(sav)
    assert not alive(first)
    assert len(read(sav)) == 3


def test_a_file_that_asks_for_too_much_memory_is_refused(tmp_path: Path, error_text: Any) -> None:
    script = tmp_path / "greedy.py"
    script.write_text(
        "import sys; from diplab.loaders.readstat import child, reader\n"
        "reader.read_native = lambda *asked, many: bytearray(2 * 10**9)\n"
        "child.main(sys.argv[1])\n",
        encoding="utf-8",
    )
    with pytest.raises(NativeReaderError) as error:
        read_isolated(b"$FL2", ".sav", script=script)
    error_text(error)


def test_the_child_ends_with_its_parent(sav: Path) -> None:
    script = (
        "import sys; from diplab.loaders.read import read\n"
        "from diplab.loaders.readstat.child_process import workers\n"
        "read(sys.argv[1])\n"
        "with workers(1) as [worker]: print(worker._process.pid)\n"
    )
    assert gone(int(run(script, str(sav))))


def test_the_child_ends_with_a_parent_that_was_killed(sav: Path) -> None:
    script = (
        "import sys, time; from diplab.loaders.read import read\n"
        "from diplab.loaders.readstat.child_process import workers\n"
        "read(sys.argv[1])\n"
        "with workers(1) as [worker]: print(worker._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(sav)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        number = int(parent.stdout.readline())
        assert alive(number)
        parent.kill()
    assert gone(number)


def test_a_fork_has_children_of_its_own(sav: Path) -> None:
    script = (
        "import os, sys; from diplab.loaders.read import read\n"
        "from diplab.loaders.readstat.child_process import workers\n"
        "def pid():\n"
        "    with workers(1) as [worker]: return worker._process.pid\n"
        "read(sys.argv[1]); first = pid(); fork = os.fork()\n"
        "if fork == 0:\n"
        "    assert len(read(sys.argv[1])) == 3 and pid() != first\n"
        "    sys.exit(0)\n"
        "assert os.waitpid(fork, 0)[1] == 0\n"
        "assert len(read(sys.argv[1])) == 3 and pid() == first\n"
        "print('both')\n"
    )
    assert run(script, str(sav)) == "both\n"


def test_threads_read_at_once(sav: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: read(sav).frame["sex"].tolist(), range(12)))
    assert found == [["F", "M", "F"]] * 12


def test_text_starts_no_child(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sex;hours\nF;1\n", encoding="utf-8")
    script = (
        "import sys; from diplab.loaders.read import read; read(sys.argv[1])\n"
        "print([name for name in ('diplab.loaders.readstat.child_process', 'pyreadstat') if name in sys.modules])\n"
    )
    assert run(script, str(tmp_path / "a.csv")) == "[]\n"


def test_files_held_in_memory_and_on_the_disk_are_read_alike(sav: Path) -> None:
    held, lying = read_isolated(sav.read_bytes(), ".sav"), read_isolated(sav, ".sav")
    assert held.about == lying.about
    assert held.columns["sex"].tolist() == lying.columns["sex"].tolist() == ["F", "M", "F"]


def test_nothing_stays_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with workers(0):
        worker = Worker()
        worker.close()
    assert len(os.listdir("/proc/self/fd")) == before
    assert not alive(worker._process.pid)


def test_an_answer_that_is_no_table_is_refused(tmp_path: Path, error_text: Any) -> None:
    script = tmp_path / "lies.py"
    script.write_text(
        "import sys; from diplab.loaders.readstat.child import send\n"
        "send(sys.stdout.buffer, {'ready': True})\n"
        "send(sys.stdout.buffer, {'columns': [['age', None, ['<f8', 10**6], None]], 'about': {}})\n",
        encoding="utf-8",
    )
    with pytest.raises(NativeReaderError) as error:
        read_isolated(b"$FL2", ".sav", script=script)
    error_text(error)


def test_an_answer_with_objects_is_refused(tmp_path: Path) -> None:
    # What holds Python objects would be code in the hands of who sent it.
    with (tmp_path / "shared").open("w+b", buffering=0) as shared:
        shared.write(b"\0" * 8)
        with pytest.raises(ClosedPipeError):
            take_table({"columns": [["age", None, ["|O", 1], None]], "about": {}}, shared)
