"""Coverage-guided fuzzing of `read`, for hours rather than seconds; no test runs it.

    pip install atheris
    python benchmarks/fuzz.py --out made --count 1
    python benchmarks/atheris_harness.py .csv corpus made/own -max_total_time=3600 -timeout=10

The first argument is the suffix of the files; the rest goes to libFuzzer: a folder for the inputs
that it finds, one of samples with which it begins, and its options. Native readers run in their
child process, so that what ends them does not end the harness: it sees the Python code around them
(a LoadError is an ending like any other). To look for crashes of the native library itself, which
has fuzz targets of its own, run those.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def main(arguments: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["diplab"]):
        from diplab.errors import LoadError
        from diplab.loaders.read import read
        from diplab.microdata.microdata import Microdata

    suffix, *options = arguments
    folder = tempfile.TemporaryDirectory()
    file = Path(folder.name, f"fuzzed{suffix}")

    def one_input(content: bytes) -> None:
        file.write_bytes(content)
        try:
            found = read(file)
        except LoadError:
            return
        assert isinstance(found, Microdata)

    atheris.Setup([sys.argv[0], *options], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
