"""Style archives: a style pack in one ``.daubstyle`` file, to pass it on.

The file is a zip without folders: ``mimetype``, ``manifest.json`` with the sha256 of every file of
the pack, and these files. It may come from anybody, so names, sizes, hashes and ``style.toml`` are
checked before anything is written; ``engine.packs.own_styles`` moves the pack in.
"""

import hashlib
import json
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image

from engine.errors import EngineError
from engine.image import reading
from engine.packs.borrowing import FindPack
from engine.packs.pack_check import damage
from engine.packs.pack_writer import THUMBNAIL
from engine.packs.painting import LARGEST_FILE, LONGEST_SIDE, webp_size
from engine.packs.region_map import REGIONS
from engine.packs.style_pack import (
    DEVICES,
    LARGEST_TOML,
    StylePack,
    file_names,
    parse_pack,
    read_pack,
)
from resources.files import replacing
from resources.style_files import MIME_TYPE
from resources.zip_directory import has_directory, has_small_directory

FORMAT = 1
"""Newest format of ``manifest.json`` that this engine reads."""

MOST_FILES = 64
LARGEST_PACK = 128_000_000
"""Largest sum of the unpacked files in bytes."""

LONGEST_TEXT = 1000
"""Most letters of title, artist, year, credit and licence."""

LONGEST_ID = 80

LARGEST_PREVIEW = 640
"""Longest side of an archive's ``picture`` in pixels."""

_CHUNK = 2**16
_MIME, _MANIFEST, _TOML = "mimetype", "manifest.json", "style.toml"
_SHORT = {_MIME: 100, _MANIFEST: LARGEST_TOML, _TOML: LARGEST_TOML}
_OPTIONAL = (REGIONS, THUMBNAIL, "polygons.json")
_STARTER = re.compile(r"starter[A-Za-z0-9_-]{0,40}\.png")
_SUFFIXES = (".webp", ".png", ".safetensors")
_PICTURES = ("PNG", "WEBP")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DAMAGED = (
    OSError, EOFError, ValueError, NotImplementedError, RuntimeError, struct.error, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip
"""Exceptions that zipfile raises for damaged files."""


@dataclass(frozen=True, eq=False)
class StyleArchive:
    """A style archive whose names, sizes, hashes and ``style.toml`` are in order.

    ``digest``: sha256 of its manifest; ``picture``: (h, w, 3) uint8, the pack's thumbnail or its
    painting, or None.
    """

    path: Path
    digest: str
    id: str
    title: str
    artist: str
    year: str
    credit: str
    licence: str
    picture: np.ndarray | None


def write_archive(folder: Path, path: Path, find: FindPack) -> None:
    """Write the pack in a folder as a style archive; other files of the folder are left out.

    ``find``: finds styles to borrow from. Raises EngineError when the pack is damaged or too large,
    or the file cannot be written.
    """
    if problems := damage(folder, find):
        raise EngineError(problems[0])
    pack = read_pack(folder)
    if why := _unfit(pack):
        raise EngineError(f"{folder} cannot be exported: {why}.")
    names = _names(folder, pack)
    try:
        sizes = [(folder / name).stat().st_size for name in names]
        if max(sizes) > LARGEST_FILE or sum(sizes) > LARGEST_PACK or len(names) > MOST_FILES - 2:
            raise EngineError(f"{folder} is too large for a style file.")
        hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
        manifest = {"format": FORMAT, "id": pack.id, "files": hashes}
        with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(_entry(_MIME, zipfile.ZIP_STORED), MIME_TYPE)
            archive.writestr(_entry(_MANIFEST), json.dumps(manifest, indent=1))
            for name in names:
                archive.writestr(_entry(name), (folder / name).read_bytes())
    except OSError as error:
        told = error.strerror or error
        raise EngineError(f"{path} cannot be written: {told}.") from error


def _entry(name: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """Return an entry that is the same whenever it is written."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type, entry.external_attr = method, 0o644 << 16
    return entry


def read_archive(path: Path) -> StyleArchive:
    """Check a style archive and return what it contains; nothing is written.

    Raises EngineError, in one sentence that names the file, when it is no style archive, damaged,
    too large, or has anything in it that does not belong to a style.
    """
    with _opened(path) as archive:
        for name in archive.hashes:
            for _ in archive.chunks(name):
                pass
        pack = archive.pack
        return StyleArchive(
            path, archive.digest, pack.id, pack.title, pack.artist, pack.year, pack.credit,
            pack.licence, archive.picture(),
        )  # fmt: skip


def unpack(archive: StyleArchive, folder: Path) -> None:
    """Write the pack of an archive into an empty folder.

    Raises EngineError as ``read_archive`` does, or when the file has changed since then.
    """
    with _opened(archive.path) as opened:
        if opened.digest != archive.digest:
            raise opened.error("it was changed meanwhile")
        for name in opened.hashes:
            with (folder / name).open("xb") as file:
                for chunk in opened.chunks(name):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())


def copy_pack(folder: Path, copy: Path) -> None:
    """Copy the files of a pack that an archive would have. Raises EngineError or OSError."""
    for name in _names(folder, read_pack(folder)):
        shutil.copyfile(folder / name, copy / name)


def _names(folder: Path, pack: StylePack) -> list[str]:
    return sorted(name for name in os.listdir(folder) if _belongs(name, pack))


def _unfit(pack: StylePack) -> str:
    """Return why a pack cannot be in an archive; empty if it can."""
    if (
        max(map(len, (pack.title, pack.artist, pack.year, pack.credit, pack.licence)))
        > LONGEST_TEXT
    ):
        return "its title, credit or licence is too long"
    if len(pack.id) > LONGEST_ID or DEVICES.fullmatch(pack.id):
        return "its style has an invalid id"
    return ""


def _belongs(name: str, pack: StylePack) -> bool:
    """Return whether a file is a part of the pack."""
    if name == _TOML or name in _OPTIONAL or _STARTER.fullmatch(name):
        return True
    return name in file_names(pack) and name.endswith(_SUFFIXES)


@contextmanager
def _opened(path: Path) -> Iterator["_Archive"]:
    try:
        with path.open("rb") as file:
            yield _Archive(path, file)
    except FileNotFoundError as error:
        raise EngineError(f"{path} does not exist.") from error
    except IsADirectoryError as error:
        raise EngineError(f"{path} is a folder, not a style file.") from error
    except _DAMAGED as error:
        told = getattr(error, "strerror", None)
        raise _error(path, told.lower() if told else "it is damaged") from error


def _error(path: Path, what: str) -> EngineError:
    return EngineError(f"{path} cannot be imported: {what}.")


class _Archive:
    """An open archive with a checked directory, manifest and ``style.toml``."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        if not has_directory(file):
            raise self.error("it is not a style file, or incomplete")
        if not has_small_directory(file, MOST_FILES):
            raise self.error("it contains too many files")
        self._zip = zipfile.ZipFile(file)
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._zip.infolist():
            self._add(entry)
        if sum(entry.file_size for entry in self._entries.values()) > LARGEST_PACK:
            raise self.error(f"unpacked it would have more than {LARGEST_PACK // 10**6} MB")
        manifest = self._content(_MANIFEST)
        self.digest = hashlib.sha256(manifest).hexdigest()
        self._id, self.hashes = self._parsed(manifest)
        self._check_names()

    def error(self, what: str) -> EngineError:
        """Return an EngineError that says why this file cannot be imported."""
        return _error(self.path, what)

    def _add(self, entry: zipfile.ZipInfo) -> None:
        """Check one entry of the directory; the names are safe as file names afterwards."""
        name, mode = entry.orig_filename, entry.external_attr >> 16
        shown = f'"{name[:60]}"' if name.isprintable() else "a file with a strange name"
        if not _NAME.fullmatch(name) or name.endswith("."):
            raise self.error(f"{shown} is not a name of a style's file")
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise self.error(f"{shown} is a link or no file")
        if mode & 0o111 or DEVICES.fullmatch(name):
            raise self.error(f"{shown} is a program or a device")
        if name.casefold() in {known.casefold() for known in self._entries}:
            raise self.error(f"it contains {shown} twice")
        if entry.flag_bits & 1:
            raise self.error("it is encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self.error(f"{shown} uses an unknown compression")
        if entry.file_size > _SHORT.get(name, LARGEST_FILE):
            raise self.error(f"{shown} is too large")
        self._entries[name] = entry

    def _parsed(self, manifest: bytes) -> tuple[str, Mapping[str, str]]:
        """Return the id and the hashes that the manifest declares."""
        try:
            told = json.loads(manifest)
        except (ValueError, RecursionError) as error:
            raise self.error(f"{_MANIFEST} is damaged") from error
        told = told if isinstance(told, dict) else {}
        version, hashes = told.get("format"), told.get("files")
        if isinstance(version, int) and version > FORMAT:
            raise self.error("a newer version of Daub has written it")
        if version != FORMAT or not isinstance(hashes, dict) or not all(
            isinstance(value, str) and _SHA256.fullmatch(value) for value in hashes.values()
        ):  # fmt: skip
            raise self.error(f"{_MANIFEST} is damaged")
        return str(told.get("id")), hashes

    def _check_names(self) -> None:
        """Check that the archive has the files of the manifest, and nothing that is no style's."""
        for name in self.hashes:
            if name not in self._entries:
                raise self.error(f'"{name[:60]}" is missing')
        if _TOML not in self.hashes:
            raise self.error(f"{_TOML} is missing")
        for name in self._entries:
            if (name in (_MIME, _MANIFEST)) == (name in self.hashes):
                raise self.error(f'"{name}" is not in its manifest')
            if name in self.hashes and not _belongs(name, self.pack):
                raise self.error(f'"{name}" does not belong to a style')
        for name in file_names(self.pack):
            if name not in self.hashes:
                raise self.error(f'"{name}" is missing')
        if self.pack.id != self._id:
            raise self.error("its style has an invalid id")
        if told := _unfit(self.pack):
            raise self.error(told)

    @cached_property
    def pack(self) -> StylePack:
        """What its ``style.toml`` says."""
        content = b"".join(self.chunks(_TOML))
        try:
            return parse_pack(content, Path(_TOML))
        except EngineError as error:
            raise self.error(str(error).rstrip(".")) from error

    def _content(self, name: str) -> bytes:
        return b"".join(self._read(name))

    def _read(self, name: str) -> Iterator[bytes]:
        """Yield the content of an entry in pieces; never more than its directory declares."""
        if name not in self._entries:
            raise self.error(f"{name} is missing")
        left = self._entries[name].file_size
        with self._zip.open(self._entries[name]) as file:
            while chunk := file.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise self.error(f"{name} is larger than declared")
                yield chunk
        if left:
            raise self.error(f"{name} is incomplete")

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the content of a file of the pack in pieces, and check its hash at the end."""
        digest = hashlib.sha256()
        for chunk in self._read(name):
            digest.update(chunk)
            yield chunk
        if digest.hexdigest() != self.hashes[name]:
            raise self.error(f"{name} was changed since the style was exported")

    def picture(self) -> np.ndarray | None:
        """Return the thumbnail or the painting, reduced, (h, w, 3) uint8; None without both."""
        painting = self.pack.painting
        names = [THUMBNAIL, *([painting.file] if painting is not None else [])]
        name = next((name for name in names if name in self.hashes), None)
        return None if name is None else _reduced(self._decoded(name))

    def _decoded(self, name: str) -> np.ndarray:
        content = b"".join(self.chunks(name))
        too_large = self.error(f"{name} has more than {LONGEST_SIDE} pixels on a side")
        if max(webp_size(content)) > LONGEST_SIDE:  # Pillow allocates it all when it opens it
            raise too_large
        try:
            with (
                reading(Path(name)),
                Image.open(BytesIO(content), formats=_PICTURES) as found,
            ):
                if max(found.size) > LONGEST_SIDE:
                    raise too_large
                return np.asarray(found.convert("RGB"))
        except EngineError as error:
            raise error if error is too_large else self.error(str(error).rstrip(".")) from error


def _reduced(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    share = LARGEST_PREVIEW / max(height, width)
    if share >= 1:
        return picture
    size = max(1, round(width * share)), max(1, round(height * share))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
