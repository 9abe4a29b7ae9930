"""A folder of files of one table, larger than memory: kept as a query, never read whole."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from diplab.errors import LoadError
from diplab.loaders.engines.engine_needed import engine
from diplab.loaders.engines.lazy import lazy_microdata
from diplab.loaders.engines.typed_words import typed_words
from diplab.loaders.source import SourceFile
from diplab.loaders.text.delimited_check import check_delimited
from diplab.loaders.text.dialect import dialect_of
from diplab.microdata.codebook import Origin
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from diplab.loaders.request import Request
    from diplab.microdata.microdata import Microdata

__all__ = ["files_of_tables", "read_folder"]

_SUFFIXES = (".parquet", ".csv", ".tsv")
_END = 65_536
_PARTITION = re.compile(r"([^=]+)=(.*)")
_CHECKSUM = Text(
    "La somme de contrôle du dossier porte sur les noms, les tailles, les débuts et les fins de ses fichiers.",
    "The checksum of the folder is that of the names, sizes, beginnings and ends of its files.",
)


@dataclass(frozen=True)
class _Part:
    """Files of one folder of the partition, whose names say the same of all their rows."""

    said: tuple[tuple[str, str], ...]
    files: list[Path]


def files_of_tables(folder: Path) -> list[Path]:
    """Return the files of a folder that hold its table: Parquet or delimited text, at any depth, in order of name.

    Codebooks and files whose name begins with a point or an underscore are left out.
    """
    found = (each for each in folder.rglob("*") if each.suffix.lower() in _SUFFIXES and each.is_file())
    hidden = re.compile(r"[._]")
    return sorted(
        each
        for each in found
        if not any(hidden.match(part) for part in each.relative_to(folder).parts)
        and not re.search(r"(^|\.)codebook$", each.stem)
    )


def read_folder(folder: Path, request: Request) -> Microdata:
    """Return the microdata of a folder of Parquet or of delimited text, which stay there.

    Folders within it that are named `year=2024` give a column `year`. Delimited text must be in UTF-8; it is looked
    through once, file by file, to know what its columns hold.

    Parameters
    ----------
    folder : Path
    request : Request
        Codebook, columns and rows.

    Raises
    ------
    LoadError
        Where the folder holds files of several formats or columns, one that is damaged, or neither Polars nor
        DuckDB is installed.
    """
    files = files_of_tables(folder)
    suffixes = sorted({each.suffix.lower() for each in files})
    source = SourceFile(folder, _manifest(folder, files))
    if len(suffixes) > 1:
        raise _refused(
            source, f"It holds files of {' and of '.join(suffixes)}.", "Keep those of one format in it."
        )
    module = engine(("polars", "duckdb"), f"The folder `{folder.name}` was to be read.")
    delimiter = _delimiter(files, source) if suffixes[0] != ".parquet" else ""
    _check_columns(files, source, module, delimiter)
    parts = [_scanned(part, files[0].suffix.lower(), delimiter, module) for part in _parts(folder, files)]
    frame = _with_partitions(parts, _parts(folder, files), source)
    typed = typed_words(comma=delimiter != ",") if delimiter else None
    origin = Origin(
        folder.name,
        source.sha256,
        f"{module.__name__} {module.__version__}, {len(files)} files of {suffixes[0]}",
        notices=(_CHECKSUM,),
    )
    return lazy_microdata(frame, source, request, origin, typed)


def _refused(source: SourceFile, found: str, write: str) -> LoadError:
    return LoadError(f"The folder `{source.path.name}` was to be read.", found, write)


def _manifest(folder: Path, files: list[Path]) -> bytes:
    lines = []
    for each in files:
        size = each.stat().st_size
        with each.open("rb") as opened:
            ends = opened.read(_END)
            opened.seek(max(size - _END, 0))
            ends += opened.read(_END)
        lines.append(f"{each.relative_to(folder).as_posix()} {size} ".encode() + ends)
    return b"\n".join(lines)


def _parts(folder: Path, files: list[Path]) -> list[_Part]:
    grouped: dict[tuple[tuple[str, str], ...], list[Path]] = {}
    for each in files:
        said = [_PARTITION.fullmatch(part) for part in each.relative_to(folder).parts[:-1]]
        grouped.setdefault(tuple((match[1], match[2]) for match in said if match), []).append(each)
    return [_Part(said, held) for said, held in grouped.items()]


def _delimiter(files: list[Path], source: SourceFile) -> str:
    """Return the delimiter of the files, of which each record is checked."""
    with files[0].open("rb") as opened:
        head = opened.read(1_000_000).decode("utf-8-sig", errors="replace")
    dialect = dialect_of(head, "utf-8", files[0].suffix.lower())
    for each in files:
        check_delimited(each, dialect)
    return dialect.delimiter


def _schema(file: Path, module: Any, delimiter: str) -> dict[str, Any]:
    part = _Part((), [file])
    frame = nw.from_native(_scanned(part, file.suffix.lower(), delimiter, module))
    return dict(frame.collect_schema())


def _check_columns(files: list[Path], source: SourceFile, module: Any, delimiter: str) -> None:
    """Refuse a file whose columns are not those of the first."""
    known: dict[str, Any] = {}
    for each in files:
        try:
            schema = _schema(each, module, delimiter)
        except (_errors(module), OSError, ValueError, MemoryError) as broken:
            reason = str(broken).strip().splitlines() or [type(broken).__name__]
            found = f"Its file `{each.name}` cannot be read: {reason[0].rstrip('.')}."
            raise _refused(source, found, "Copy that file again from its source.") from broken
        known = known or schema
        odd = [
            *(name for name in known if name not in schema),
            *(name for name in schema if name not in known),
        ]
        if odd:
            there, where = ("no", each) if odd[0] in known else ("a", each)
            found = f"Its file `{where.name}` has {there} column `{odd[0]}`, unlike `{files[0].name}`."
            raise _refused(source, found, "Give all files the same columns, or put them in two folders.")
        other = next((name for name in known if schema[name] != known[name]), None)
        if other is not None:
            kinds = f"{known[other]} in `{files[0].name}` and {schema[other]} in `{each.name}`"
            found = f"Its column `{other}` holds {kinds}."
            raise _refused(source, found, "Write that column of the same kind in all files.")


def _errors(module: Any) -> type[Exception]:
    """Return the class of the errors of an engine."""
    found: type[Exception] = module.exceptions.PolarsError if module.__name__ == "polars" else module.Error
    return found


def _scanned(part: _Part, suffix: str, delimiter: str, module: Any) -> Any:
    names = [str(each) for each in part.files]
    if module.__name__ == "polars":
        if suffix == ".parquet":
            return module.scan_parquet(names, hive_partitioning=False, glob=False)
        return module.scan_csv(names, separator=delimiter, infer_schema=False, glob=False)
    if suffix == ".parquet":
        return module.read_parquet(names, hive_partitioning=False)
    return module.read_csv(
        names,
        sep=delimiter,
        all_varchar=True,
        header=True,
        hive_partitioning=False,
        quotechar='"',
        escapechar='"',
    )


def _with_partitions(scanned: list[Any], parts: list[_Part], source: SourceFile) -> nw.LazyFrame[Any]:
    frames = [nw.from_native(each) for each in scanned]
    names = Counter(name for part in parts for name, _ in part.said)
    columns = frames[0].collect_schema().names()
    for name, count in names.items():
        if count != len(parts) or name in columns:
            found = f"Its folders are not all named `{name}=...`, or its files have that column already."
            raise _refused(source, found, "Name all folders in the same way.")
        values = [dict(part.said)[name] for part in parts]
        whole = all(re.fullmatch("0|-?[1-9][0-9]{0,14}", value) for value in values)
        kind = nw.Int64 if whole else nw.String
        literals = [nw.lit(int(value) if whole else value, kind).alias(name) for value in values]
        frames = [frame.with_columns(literal) for frame, literal in zip(frames, literals, strict=True)]
    order = [*columns, *names]
    return nw.concat([frame.select(order) for frame in frames], how="vertical")
