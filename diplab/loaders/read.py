"""One door for files of microdata: the suffix chooses the reader."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from diplab.errors import LoadError
from diplab.loaders.codebook_file import read_codebook
from diplab.loaders.source import SourceFile, open_source
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata

__all__ = ["read"]


def read(
    source: str | os.PathLike[str],
    *,
    codebook: str | os.PathLike[str] | Codebook | None = None,
    isolated: bool = True,
    columns: Sequence[str] | None = None,
) -> Microdata:
    r"""Read a file of answers with the meaning of its columns.

    SPSS (`.sav`, `.zsav`), Stata (`.dta`) and delimited text (`.csv`, `.tsv`) are known by their suffix. The
    frame holds codes, never labels; every kind of missing is NaN in it, and is counted by reason in the
    codebook. A codebook in TOML (see `codebook_file`) that lies beside the file under its name
    (`survey.codebook.toml` for `survey.csv`) is used unless another is given.

    Parameters
    ----------
    source : path
        The file.
    codebook : path or Codebook, optional
        Labels, questions and missing codes, which complete and correct what the file says. It may describe
        other columns as well.
    isolated : bool
        Read SPSS and Stata files in a child process, within limits of time and memory, because a damaged file
        can end the native reader; about half a second more. False for files that you trust.
    columns : sequence of str, optional
        Columns to read, in this order; all by default.

    Returns
    -------
    Microdata
        The answers and their codebook, with the file's checksum and reader in `codebook.origin`.

    Raises
    ------
    LoadError
        Where the file is absent, empty, cut, damaged, or not what its suffix says.
    ColumnError
        Where one of `columns` is not in the file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = pathlib.Path(folder.name, "workers.csv")
    >>> _ = file.write_text("sex;hours\nF;3,5\nM;\n", encoding="utf-8")
    >>> workers = read(file)
    >>> workers
    <microdata workers.csv: 2 rows, 2 columns>
    >>> workers.frame["hours"].tolist()
    [3.5, nan]
    >>> folder.cleanup()
    """
    suffix = os.path.splitext(os.fspath(source))[1].lower()
    if suffix not in _LOADERS:
        raise _unknown_suffix(os.path.basename(os.fspath(source)), suffix)
    opened = open_source(source)
    if codebook is None:
        beside = opened.path.with_name(f"{opened.path.stem}.codebook.toml")
        codebook = beside if beside.is_file() else None
    known = codebook if codebook is None or isinstance(codebook, Codebook) else read_codebook(codebook)
    return _LOADERS[suffix](opened, known, isolated, columns)


def _statistical(
    source: SourceFile, codebook: Codebook | None, isolated: bool, columns: Sequence[str] | None
) -> Microdata:
    from diplab.loaders.statistical import read_statistical

    return read_statistical(source, codebook=codebook, isolated=isolated, columns=columns)


def _delimited(
    source: SourceFile, codebook: Codebook | None, _: bool, columns: Sequence[str] | None
) -> Microdata:
    from diplab.loaders.delimited import read_delimited

    return read_delimited(source, codebook=codebook, columns=columns)


_Loader = Callable[[SourceFile, Codebook | None, bool, Sequence[str] | None], Microdata]
_LOADERS: Mapping[str, _Loader] = {
    ".sav": _statistical,
    ".zsav": _statistical,
    ".dta": _statistical,
    ".csv": _delimited,
    ".tsv": _delimited,
}


def _unknown_suffix(name: str, suffix: str) -> LoadError:
    return LoadError(
        f"The file `{name}` was to be read.",
        f"Its suffix `{suffix}` is not one that diplab reads." if suffix else "It has no suffix.",
        f"Write a file in one of these formats: {', '.join(_LOADERS)}.",
    )
