"""The journal: replay after any sequence of steps, truncation, damage and on a full disk."""

import errno
import io
import os
import struct
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.document import journal, journal_file
from app.document.brushwork import Brushwork, Meaning
from app.document.directions import CELL, DirectionMap
from app.document.document import Document
from app.document.document_state import DocumentState, UnsavedWork
from app.document.journal import JournalError, picture_records, read_picture, replay
from app.document.journal_file import JournalFile, read_journal
from app.document.journal_pictures import KEPT, RecoveredPictures
from app.document.label_map import TILE, LabelMap
from app.document.patch import Patch
from app.document.rect import Rect
from app.document.refined import Refined
from app.editing.commands import CanvasCommand, PaintCommand, RefineCommand, SetCommand
from app.editing.history import History
from tests.support.paper import directions_of, same_directions, with_state

WIDTH, HEIGHT = TILE + 30, TILE + 10


def work_of(document: Document, path: Path | None = None) -> UnsavedWork:
    return UnsavedWork(document.state(), path)


def plain(width: int = 64, height: int = 48, material: int = 0) -> UnsavedWork:
    state = DocumentState(LabelMap(width, height, material).snapshot(), "starry-night", 1)
    return UnsavedWork(state)


def scribbled(work: UnsavedWork, seed: int) -> UnsavedWork:
    """Return the work with incompressible noise in one place."""
    rng = np.random.default_rng(seed)
    labels = LabelMap.from_snapshot(work.state.labels)
    left, top = int(rng.integers(labels.width - 16)), int(rng.integers(labels.height - 16))
    rect = Rect(left, top, left + 16, top + 16)
    labels.write(rect, rng.integers(0, 15, (16, 16)).astype(np.uint8))
    water = Meaning("starry-night", 9, "great-wave", "wave")
    brushwork = Brushwork(1.0 + seed % 3, (water,) * (seed % 2))
    turned = DirectionMap(labels.width, labels.height)
    if work.state.directions is not None:
        turned = DirectionMap.from_snapshot(work.state.directions)
    cells = rect.cells(CELL)
    turned.write(cells, rng.integers(1, 256, (cells.height, cells.width, 2)).astype(np.uint8))
    state = replace(
        work.state, labels=labels.snapshot(), brushwork=brushwork, directions=turned.snapshot()
    )
    return replace(work, state=state, steps=work.steps + 1)


def noise_picture(work: UnsavedWork) -> Refined:
    size = work.state.labels.height, work.state.labels.width, 3
    pixels = np.random.default_rng(3).integers(0, 256, size).astype(np.uint8)
    pixels.flags.writeable = False
    state = work.state
    turned = directions_of(state.labels.width, state.labels.height, 8)
    return Refined(
        pixels, state.labels, state.style_id, state.seed, state.photo_look, state.brushwork, turned
    )


def same(one: UnsavedWork, other: UnsavedWork) -> bool:
    a, b = one.state, other.state
    made_with = [(state.style_id, state.seed, state.brushwork) for state in (a, b)]
    if not same_directions(a.directions, b.directions):
        return False
    if a.labels.bounds != b.labels.bounds or made_with[0] != made_with[1]:
        return False
    small = ("path", "unsaved", "steps", "time")
    return all(getattr(one, name) == getattr(other, name) for name in small) and bool(
        (a.labels.array() == b.labels.array()).all()
    )


# -- any story ------------------------------------------------------------------------------

boxes = st.tuples(
    st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.integers(1, 300), st.integers(1, 300)
)
events = st.lists(
    st.one_of(
        st.tuples(st.just("stroke"), boxes, st.integers(0, 14)),
        st.tuples(st.just("canvas"), st.integers(1, 600), st.integers(1, 600)),
        st.tuples(st.just("seed"), st.integers(0, 9)),
        st.tuples(st.just("style"), st.sampled_from(["a", "b"])),
        st.sampled_from([("undo",), ("redo",), ("refine",)]),
    ),
    min_size=1,
    max_size=10,
)


def make(document: Document, history: History, event: tuple) -> None:
    kind, *told = event
    if kind == "stroke":
        (left, top, width, height), material = told
        rect = Rect(left, top, left + width, top + height).clipped(document.bounds)
        before = document.labels.snapshot()
        if not rect.empty:
            document.labels.write(rect, np.full((rect.height, rect.width), material, np.uint8))
            turned, cells = document.directions.snapshot(), rect.cells(CELL)
            code = np.full((cells.height, cells.width, 2), 120 + material, np.uint8)
            document.directions.write(cells, code)
            document.publish_labels()
            patch = Patch.between(before, document.labels, rect)
            turns = Patch.of_directions(turned, document.directions, cells)
            patch = turns if patch is None else patch.joined(turns)
            if patch is not None:
                history.push(PaintCommand(document, patch, "Stroke"))
    elif kind == "canvas":
        state = DocumentState(LabelMap(*told, material=2).snapshot())
        history.push(CanvasCommand(document, state, "New canvas"))
    elif kind == "seed":
        history.push(SetCommand(document, "Seed", document.set_seed, document.seed, told[0]))
    elif kind == "style":
        history.push(SetCommand(document, "Style", document.set_style, document.style_id, told[0]))
    elif kind == "refine":
        pixels = np.full((document.height, document.width, 3), document.seed, np.uint8)
        now = work_of(document).state
        history.push(RefineCommand(document, Refined(pixels, now.labels, now.style_id, now.seed)))
    else:
        getattr(history, kind)()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(events, st.booleans())
def test_replay_restores_the_document_after_any_steps(
    monkeypatch: pytest.MonkeyPatch, qapp: object, story: list[tuple], small: bool
) -> None:
    if small:  # then it is written anew all the time
        monkeypatch.setattr(journal_file, "SMALL", 1)
        monkeypatch.setattr(journal_file, "GROWTH", 1)
    document, history = Document(LabelMap(WIDTH, HEIGHT), "a"), History(10**9)
    with TemporaryDirectory() as folder:
        file = JournalFile(Path(folder))
        for event in story:
            make(document, history, event)
            now = work_of(document)
            file.save(now)
            while (lacking := file.pictures.lacking()) is not None:
                list(file.picture_steps(lacking))
            told = read_journal(Path(folder))
            assert told is not None
            assert same(told.work, now)
            assert not told.damaged
            assert bool(told.picture) == (now.state.refined is not None)
            if now.state.refined is not None:
                refined = RecoveredPictures(Path(folder)).refined(told.picture)
                assert refined is not None
                assert (refined.pixels == now.state.refined.pixels).all()
                assert (refined.labels.array() == now.state.refined.labels.array()).all()
                assert (refined.style_id, refined.seed) == (
                    now.state.refined.style_id,
                    now.state.refined.seed,
                )
        assert len(list(Path(folder).iterdir())) <= 1 + KEPT
        file.close()


def test_a_record_holds_only_what_a_stroke_changed() -> None:
    old = plain(4096, 4096)
    labels = LabelMap.from_snapshot(old.state.labels)
    labels.write(Rect(250, 10, 350, 60), np.full((50, 100), 4, np.uint8))
    new = with_state(old, labels=labels.snapshot())
    assert journal.changed_boxes(old.state.labels, new.state.labels) == [
        Rect(250, 10, 256, 60), Rect(256, 10, 350, 60),
    ]  # fmt: skip
    assert len(journal.step_record(old, new)) < 400


def test_file_names_that_are_not_valid_text(tmp_path: Path) -> None:
    work = replace(plain(), path=Path(os.fsdecode(b"/home/\xff/caf\xc3\xa9 %.ora")))
    told = replay(io.BytesIO(journal.step_record(None, work)))
    assert told is not None
    assert told.work.path == work.path


# -- any cut and any damage -----------------------------------------------------------------


@pytest.fixture
def story() -> list[UnsavedWork]:
    works = [plain()]
    for seed in range(4):
        works.append(scribbled(works[-1], seed))
    return [*works, with_state(works[-1], style_id="b", seed=9), plain(20, 30, material=3)]


@pytest.fixture
def records(story: list[UnsavedWork]) -> list[bytes]:
    before = [None, *story[:-1]]
    return [journal.step_record(old, new) for old, new in zip(before, story, strict=True)]


def test_truncated_at_any_byte_it_restores_complete_steps(
    story: list[UnsavedWork], records: list[bytes]
) -> None:
    whole = b"".join(records)
    ends = np.cumsum([len(record) for record in records])
    for cut in range(len(whole) + 1):
        for tail in (b"", bytes(20)):  # a power cut may leave empty room behind
            told = replay(io.BytesIO(whole[:cut] + tail))
            steps = int((ends <= cut).sum())
            if steps == 0:
                # Nothing whole, or nothing but zeros where a record's middle should be.
                assert told is None
            else:
                assert told is not None
                assert same(told.work, story[steps - 1])


def test_damage_in_the_middle_ends_the_replay_and_is_reported(
    story: list[UnsavedWork], records: list[bytes]
) -> None:
    whole, start = b"".join(records), len(records[0]) + len(records[1])
    for at in range(start, start + len(records[2])):
        broken = bytearray(whole)
        broken[at] ^= 0x5A
        told = replay(io.BytesIO(bytes(broken)))
        assert told is not None
        assert same(told.work, story[1])
        assert told.damaged


def framed(head: bytes, packed: bytes = b"") -> bytes:
    payload = struct.pack("<I", len(head)) + head + packed
    length = struct.pack("<I", len(payload))
    sums = struct.pack("<II", zlib.crc32(length), zlib.crc32(payload))
    return length + sums + payload


SMALL_STATE = '"style":"a","seed":1,"path":"","unsaved":true,"steps":1,"time":0.0,"picture":"%s"}'


@pytest.mark.parametrize(
    ("head", "packed"),
    [
        ('{"format":1,"size":null,"boxes":[[0,0,99999,4]],', b""),
        ('{"format":1,"size":null,"boxes":[[0,0,64,49]],', zlib.compress(bytes(64 * 49))),
        ('{"format":1,"size":null,"boxes":[[4,4,2,2]],', b""),
        ('{"format":1,"size":[16384,99999],"boxes":[],', zlib.compress(b"")),
        ('{"format":1,"size":null,"boxes":[[0,0,2,2]],', zlib.compress(bytes(10**6))),
        ('{"format":1,"size":null,"boxes":[[0,0,2,2]],', b"no zlib"),
        ('{"format":1,"size":null,"boxes":[[0,0,64,48],[0,0,1,1]],', zlib.compress(bytes(3073))),
        ("[", b""),
    ],
)
def test_invalid_records_count_as_damage(head: str, packed: bytes) -> None:
    first = journal.step_record(None, plain())
    told = replay(io.BytesIO(first + framed((head + SMALL_STATE % "").encode(), packed)))
    assert told is not None
    assert same(told.work, plain())
    assert told.damaged


def test_picture_names_cannot_contain_paths() -> None:
    head = '{"format":1,"size":null,"boxes":[],' + SMALL_STATE % "../../secret"
    told = replay(io.BytesIO(journal.step_record(None, plain()) + framed(head.encode())))
    assert told is not None
    assert (told.picture, told.damaged) == ("", True)


def test_the_journal_of_a_newer_version_is_refused() -> None:
    with pytest.raises(JournalError, match="newer version of Daub"):
        replay(io.BytesIO(framed(b'{"format":3,"whatever":[]}')))


def test_an_incomplete_refined_picture_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "STRIP", 64 * 3 * 7)
    refined = noise_picture(plain())
    records = list(picture_records(refined))
    assert len(records) == 1 + 7
    whole = b"".join(records)
    read = read_picture(io.BytesIO(whole))
    assert read is not None
    assert (read.pixels == refined.pixels).all()
    for cut in (0, 5, len(records[0]), len(whole) - 1, len(whole) - len(records[-1])):
        assert read_picture(io.BytesIO(whole[:cut])) is None
    broken = bytearray(whole)
    broken[len(records[0]) + 40] ^= 1
    assert read_picture(io.BytesIO(bytes(broken))) is None


# -- disks ----------------------------------------------------------------------------------


class FullDisk:
    """Writes half of the data, then fails."""

    def __init__(self) -> None:
        self.full = False
        self._write = journal_file._write

    def __call__(self, file: int, data: bytes) -> None:
        self._write(file, data[: len(data) // 2] if self.full else data)
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FullDisk:
    disk = FullDisk()
    monkeypatch.setattr(journal_file, "_write", disk)
    return disk


def on_disk(folder: Path) -> UnsavedWork:
    told = read_journal(folder)
    assert told is not None
    assert not told.damaged
    return told.work


def test_after_a_full_disk_the_next_save_writes_what_is_missing(
    tmp_path: Path, disk: FullDisk
) -> None:
    file, works = JournalFile(tmp_path), [plain()]
    file.save(works[0])
    disk.full = True
    for seed in range(3):
        works.append(scribbled(works[-1], seed))
        with pytest.raises(OSError, match="No space"):
            file.save(works[-1])
        assert same(on_disk(tmp_path), works[0])
    disk.full = False
    works.append(scribbled(works[-1], 7))
    file.save(works[-1])
    assert same(on_disk(tmp_path), works[-1])
    file.close()


def test_a_full_disk_at_first_leaves_no_partial_journal(tmp_path: Path, disk: FullDisk) -> None:
    file, disk.full = JournalFile(tmp_path / "new"), True
    with pytest.raises(OSError, match="No space"):
        file.save(plain())
    assert list((tmp_path / "new").iterdir()) == []
    disk.full = False
    file.save(plain())
    assert same(on_disk(tmp_path / "new"), plain())
    file.close()


def test_a_picture_that_does_not_fit_leaves_no_file(tmp_path: Path, disk: FullDisk) -> None:
    work = with_state(plain(), refined=noise_picture(plain()))
    file = JournalFile(tmp_path)
    file.save(work)
    disk.full = True
    with pytest.raises(OSError, match="No space"):
        list(file.picture_steps(noise_picture(work)))
    assert [path.name for path in tmp_path.iterdir()] == [journal_file.NAME]
    assert file.pictures.lacks(work.state.refined)
    file.close()


def test_after_a_failed_sync_the_journal_is_rewritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = JournalFile(tmp_path)
    file.save(plain())
    with monkeypatch.context() as broken:

        def fail(handle: int) -> None:
            raise OSError(errno.EIO, "Input/output error")

        broken.setattr(journal_file, "_sync", fail)
        with pytest.raises(OSError, match="Input/output"):
            file.save(scribbled(plain(), 1))
    before = (tmp_path / journal_file.NAME).stat().st_ino
    file.save(scribbled(plain(), 2))
    assert (tmp_path / journal_file.NAME).stat().st_ino != before
    assert same(on_disk(tmp_path), scribbled(plain(), 2))
    file.close()


def test_a_removed_journal_is_rewritten(tmp_path: Path) -> None:
    work = with_state(plain(), refined=noise_picture(plain()))
    file = JournalFile(tmp_path)
    file.save(work)
    list(file.picture_steps(noise_picture(work)))
    for path in tmp_path.iterdir():
        path.unlink()
    file.save(scribbled(work, 1))
    assert same(on_disk(tmp_path), scribbled(work, 1))
    assert file.pictures.lacks(work.state.refined)
    file.close()


def test_it_is_rewritten_when_it_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_file, "SMALL", 2**15)
    file, work, lengths = JournalFile(tmp_path), plain(), []
    for seed in range(250):
        work = scribbled(work, seed % 50)
        file.save(work)
        lengths.append((tmp_path / journal_file.NAME).stat().st_size)
    assert max(lengths) < journal_file.SMALL + 4096
    assert min(lengths[-150:]) < journal_file.SMALL / 2
    assert same(on_disk(tmp_path), work)
    file.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "daub-test", str(place)],
            check=True, capture_output=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"only root on Linux may mount a tmpfs: {error}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_filled_file_system(small_disk: Path) -> None:
    file, works, held = JournalFile(small_disk / "journal"), [plain(512, 512)], 0
    file.save(works[0])
    (small_disk / "ballast").write_bytes(bytes(200 * 1024))
    with pytest.raises(OSError, match="No space") as full:  # noqa: PT012
        while len(works) < 2000:
            works.append(scribbled(works[-1], len(works)))
            file.save(works[-1])
            held = len(works) - 1
    assert full.value.errno == errno.ENOSPC
    assert held > 50
    assert same(on_disk(small_disk / "journal"), works[held])
    (small_disk / "ballast").unlink()
    file.save(works[-1])
    assert same(on_disk(small_disk / "journal"), works[-1])
    file.close()


def test_versions_without_directions_read_the_labels(tmp_path: Path) -> None:
    """The first stream of pixels holds the labels alone, and old records have no directions."""
    work = scribbled(plain(), 3)
    assert work.state.directions is not None
    payload = next(journal.payloads(io.BytesIO(journal.step_record(None, work))))
    (length,) = struct.unpack_from("<I", payload)
    labels = zlib.decompressobj().decompress(payload[4 + length :])
    head = journal._Head.model_validate_json(payload[4 : 4 + length])
    assert len(labels) == sum(width * height for _, _, width, height in boxes_of(head.boxes))
    old = replace(work, state=replace(work.state, directions=None))
    found = replay(io.BytesIO(journal.step_record(None, old)))
    assert found is not None
    assert found.work.state.directions is None
    assert b"directions" in journal.step_record(None, old)


def boxes_of(edges: tuple) -> list[tuple[int, int, int, int]]:
    return [(left, top, right - left, bottom - top) for left, top, right, bottom in edges]


def test_directions_outside_the_canvas_are_damage() -> None:
    work = scribbled(plain(), 3)
    record = journal.step_record(None, work)
    payload = next(journal.payloads(io.BytesIO(record)))
    (length,) = struct.unpack_from("<I", payload)
    text, pixels = payload[4 : 4 + length], payload[4 + length :]
    head = journal._Head.model_validate_json(text)
    for boxes in (((0, 0, 17, 2),), head.directions * 2, ((0, 0, 16, 12),)):
        wrong = head.model_copy(update={"directions": boxes}).model_dump_json().encode()
        bad = journal.framed(struct.pack("<I", len(wrong)) + wrong + pixels)
        found = replay(io.BytesIO(record + bad))
        assert found is not None
        assert found.damaged
        assert same(found.work, work)
