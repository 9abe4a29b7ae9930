"""The registry of open data: the folder, the cache, the address, and what happens without any of them."""

from __future__ import annotations

import hashlib
import re
import socket
from pathlib import Path
from typing import Any

import pooch
import pytest

from diplab.errors import DataError
from diplab.replication.archive import DataFile, NotAvailableError, data_file, data_files, locate

CONTENT = b"a,b\n1,2\n"


@pytest.fixture
def known() -> DataFile:
    return DataFile(
        id="test/one",
        folder="test",
        repository="https://github.com/owner/name",
        commit="0123456789abcdef0123456789abcdef01234567",
        path="data/one.csv",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
        licence="MIT",
        citation="Nobody (2024)",
    )


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep every test away from the cache of this machine and from the network."""
    folder = tmp_path / "cache"

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(pooch, "os_cache", lambda _: folder)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in (
        "DIPLAB_DATA",
        "DIPLAB_OFFLINE",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    return folder


def put(folder: Path, file: DataFile, content: bytes = CONTENT) -> Path:
    place = folder / file.folder / file.path
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    return place


def test_every_entry_is_whole_and_no_other_found(refused) -> None:
    assert len(data_files()) == 25
    for file in data_files().values():
        assert bool(file.package) != bool(re.fullmatch("[0-9a-f]{40}", file.commit))
        assert file.package or file.address.startswith("https://raw.githubusercontent.com/")
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.size > 0
        assert file.licence
        assert file.citation
    assert data_file("berke-2024/survey").address == (
        "https://raw.githubusercontent.com/aberke/amazon-study/"
        "da55dc9386aa9bdb5564167ade3159dcbe89e972/data/survey-data/survey.csv"
    )
    refused(lambda: data_file("berke-2024/surveys"), DataError)


def test_the_folder_named_by_the_environment_comes_before_the_cache(
    known: DataFile, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_cache = put(cache, known)
    monkeypatch.setenv("DIPLAB_DATA", str(tmp_path / "open"))
    assert locate(known) == in_cache
    in_folder = put(tmp_path / "open", known)
    assert locate(known) == in_folder


def test_a_changed_file_is_an_error(known: DataFile, cache: Path) -> None:
    here = put(cache, known, b"changed")
    with pytest.raises(DataError) as error:
        locate(known)
    assert str(error.value) == (
        f"The data file `test/one` in {here} is not the registered one. "
        f"Its sha256 is {hashlib.sha256(b'changed').hexdigest()} (7 bytes) where the registry says "
        f"{known.sha256} (8 bytes). "
        "Put back the file of commit 0123456789ab of https://github.com/owner/name, or remove this "
        "one."
    )


def test_without_network_there_is_one_attempt_and_offline_none(
    known: DataFile, cache: Path, monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    attempts = []

    def refuse(host: str, *_: Any, **__: Any) -> None:
        attempts.append(host)
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("DIPLAB_OFFLINE", "1")
    refused(lambda: locate(known), NotAvailableError)
    assert (attempts, cache.exists()) == ([], False)
    monkeypatch.delenv("DIPLAB_OFFLINE")
    refused(lambda: locate(known), NotAvailableError)
    assert attempts == ["raw.githubusercontent.com"]
    assert [each for each in cache.rglob("*") if each.is_file()] == []


def serve(monkeypatch: pytest.MonkeyPatch, content: bytes) -> list[str]:
    asked: list[str] = []

    class Downloader:
        def __init__(self, timeout: tuple[float, float]) -> None:
            assert max(timeout) <= 10

        def __call__(self, url: str, output_file: str, _: None) -> None:
            asked.append(url)
            Path(output_file).write_bytes(content)

    monkeypatch.setattr(pooch, "HTTPDownloader", Downloader)
    return asked


def test_a_download_is_kept_in_the_cache(
    known: DataFile, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = serve(monkeypatch, CONTENT)
    assert locate(known) == locate(known) == cache / "test" / "data" / "one.csv"
    assert asked == [known.address]
    assert [each.name for each in cache.rglob("*") if each.is_file()] == ["one.csv"]


def test_a_download_that_is_not_the_file_is_not_kept(
    known: DataFile, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, b"<html>")
    with pytest.raises(DataError) as error:
        locate(known)
    assert str(error.value).startswith(f"The data file `test/one` in {known.address} is not ")
    assert [each for each in cache.rglob("*") if each.is_file()] == []


@pytest.mark.shared
def test_the_copies_at_hand_are_those_of_the_registry(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIPLAB_DATA", str(shared / "data" / "open"))
    for file in data_files().values():
        assert locate(file).stat().st_size == file.size
