"""How long the main job takes, and the other things that a person waits for.

    python benchmarks/main_job.py [--repeat 3]

Commands run in processes of their own, as people run them: `import diplab`; a data file asked for
where there is neither a copy nor a network; wordings made to be slow, 300,000 signs of tags and
brackets that do not end; every study rerun and drawn without a network, from the files in
`DIPLAB_DATA`. What an interpreter takes that does nothing is taken off all but those. Printed are
medians of seconds on the clock and of processor time, which other work on the machine changes less,
beside the limits that were set.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

IMPORT = "import diplab"
ABSENT = """
import socket
def refuse(*_, **__): raise OSError(101, "Network is unreachable")
socket.getaddrinfo = refuse
from diplab.replication.archive import NotAvailableError, data_file, locate
try:
    locate(data_file("berke-2024/survey"))
except NotAvailableError:
    pass
"""
TAGS = """
from diplab.loaders.questionnaire import strip_html, strip_markdown
for token in ("<!--", "<script", "<script>", "</script ", "<style", "<p", "[a]", "*a", "_"):
    for read_words in (strip_html, strip_markdown):
        read_words(token * (300_000 // len(token)))
"""
BRACKETS = """
from diplab.loaders.limesurvey.load import Heading, variable_of_header
variable_of_header(Heading("uses", None, "(Uses?" + "[a]" * 300_000))
variable_of_header(Heading("uses", None, "[a]" * 300_000 + "(]"))
"""


class Spent(NamedTuple):
    """Seconds on the clock and of the processors."""

    clock: float
    processor: float


def spent(words: list[str], environment: dict[str, str], repeat: int) -> Spent:
    """Return the medians of a command."""
    times = []
    for _ in range(repeat):
        before, begun = os.times(), time.perf_counter()
        subprocess.run(
            [sys.executable, *words],
            env={**os.environ, **environment},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        clock, after = time.perf_counter() - begun, os.times()
        worked = (after.children_user - before.children_user) + (
            after.children_system - before.children_system
        )
        times.append((clock, worked))
    return Spent(*(statistics.median(each) for each in zip(*times, strict=True)))


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--repeat", type=int, default=3)
    repeat = asked.parse_args().repeat
    print("| operation | s | processor, s | to reach, s | reached |\n|---|---|---|---|---|")

    def line(name: str, taken: Spent, limit: float) -> None:
        reached = "yes" if taken.clock < limit else "no"
        print(
            f"| {name} | {taken.clock:.2f} | {taken.processor:.2f} | {limit:g} | {reached} |",
            flush=True,
        )

    idle = spent(["-c", "pass"], {}, 5)
    with tempfile.TemporaryDirectory() as folder:
        nothing = {"DIPLAB_DATA": folder, "DIPLAB_OFFLINE": "0", "XDG_CACHE_HOME": folder}
        for name, script, limit in (
            ("import diplab", IMPORT, 0.25),
            ("a data file that is nowhere", ABSENT, 3),
            ("18 wordings that do not end", TAGS, 5),
            ("a header of 300,000 brackets, twice", BRACKETS, 10),
        ):
            taken = spent(["-c", script], nothing, repeat)
            line(name, Spent(taken.clock - idle.clock, taken.processor - idle.processor), limit)
        words = ["-m", "diplab", "reproduce", "--out", folder]
        for name, options, limit in (
            ("every study, one after the other, all drawn", ["--redraw", "--jobs", "1"], 120),
            ("every study, side by side, all drawn", ["--redraw"], 60),
            ("every study again, what did not change reused", [], 25),
        ):
            line(name, spent([*words, *options], {"DIPLAB_OFFLINE": "1"}, repeat), limit)


if __name__ == "__main__":
    main()
