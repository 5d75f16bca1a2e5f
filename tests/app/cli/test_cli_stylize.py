"""``daub stylize``: choice of photos and output files, and errors that skip one photo."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import torch
from PIL import ExifTags, Image

from app.batch import photo_batch
from app.batch.photo_batch import paint, paint_all
from app.batch.photo_tasks import BatchOptions, Shard, Task, find_tasks, skipped
from app.batch.resume import Standing, standing
from app.cli import main as cli
from engine.errors import EngineError
from engine.formats import told_by
from engine.photo.stylizer import Stylizer, save_stylizer
from engine.picture_files import read_photo
from engine.requests import PhotoLook
from resources.materials import KEEP, PHOTO, in_colours
from tests.support import photo_workers


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("weights") / "net.safetensors"
    save_stylizer(Stylizer(["wave", "night"]), path)
    return path


def write_photo(path: Path, side: int = 40) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Kamera"
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (52.0, 30.0, 0.0)}
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8)).save(path, exif=exif)
    return path


def run(*arguments: object) -> int:
    return cli.run(["stylize", *map(str, arguments)])


# -- which photos into which files ------------------------------------------------------------


def test_files_patterns_and_folders_each_once_in_their_places(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for name in ("b.jpg", "a.png", "deep/c.HEIC", "deep/.d.jpg", "notes.txt", "out/e.jpg"):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).touch()
    out = photos / "out"
    names = [
        (task.source.relative_to(photos).as_posix(), task.target.relative_to(out).as_posix())
        for task in find_tasks([photos / "*.jpg", photos, photos / "b.jpg"], out, "")
    ]
    assert names == [("b.jpg", "b.jpg"), ("a.png", "a.png"), ("deep/c.HEIC", "deep/c-heic.jpg")]
    targets = {task.target.name for task in find_tasks([photos], out, "webp")}
    assert targets == {"a-png.webp", "b-jpg.webp", "c-heic.webp"}
    assert skipped([photos, photos / "b.jpg"], out) == 1


def test_two_photos_never_become_one_file(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "x/a.jpg", "y/a.jpg"):
        write_photo(tmp_path / name)
    both = find_tasks([tmp_path / "a.jpg", tmp_path / "a.png"], tmp_path / "out", "jpeg")
    assert [task.target.name for task in both] == ["a.jpg", "a-png.jpg"]
    (alone,) = find_tasks([tmp_path / "a.png"], tmp_path / "out", "jpeg")
    assert alone == both[1]
    with pytest.raises(EngineError, match=r"would both be painted into .*a\.jpg"):
        find_tasks([tmp_path / "a.jpg", tmp_path / "x" / "a.jpg"], tmp_path / "out", "")


def aliased(folder: Path) -> list[tuple[list[Path], Path]]:
    """Ways to name a folder's own photos as the place of the paintings."""
    (folder / "link").symlink_to(folder / "pics")
    (folder / "other").mkdir()
    os.link(folder / "pics" / "a.jpg", folder / "other" / "a.jpg")
    return [
        ([folder / "pics"], folder / "pics"),
        ([folder / "pics" / "a.jpg"], folder / "link"),
        ([folder / "link" / "a.jpg"], folder / "pics"),
        ([folder / "pics" / "a.jpg"], folder / "other" / ".." / "pics"),
        ([folder / "pics" / "a.jpg"], folder / "other"),
        ([folder / "pics" / "b.png", folder / "pics" / "a.jpg"], folder / "pics" / "a.jpg" / ".."),
    ]


def test_no_photo_is_painted_over_by_whatever_name(tmp_path: Path, weights: Path, capsys) -> None:
    for name in ("a.jpg", "b.png"):
        write_photo(tmp_path / "pics" / name)
    before = {path: path.read_bytes() for path in (tmp_path / "pics").iterdir()}
    for photos, out in aliased(tmp_path):
        for options in ([], ["--overwrite"]):
            code = run(*photos, "-o", out, "--style", "wave", "--weights", weights, *options)
            assert code == 2
            assert "is an input. Choose another" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (tmp_path / "pics").iterdir()} == before


def test_what_is_no_painting_of_the_photo_stays(tmp_path: Path, weights: Path, capsys) -> None:
    one, other = write_photo(tmp_path / "x" / "a.jpg"), write_photo(tmp_path / "y" / "a.jpg", 44)
    options = "-o", tmp_path / "out", "--style", "wave", "--weights", weights
    assert run(one, *options) == 0
    first = (tmp_path / "out" / "a.jpg").read_bytes()
    assert run(other, *options) == 1
    assert "is not a painting of" in capsys.readouterr().err
    assert (tmp_path / "out" / "a.jpg").read_bytes() == first
    assert run(one, *options, "--quality", 50) == 0
    assert "1 painted" in capsys.readouterr().out
    assert run(other, *options, "--overwrite") == 0
    assert run(other, *options) == 0
    assert "1 already existed" in capsys.readouterr().out


def test_one_photo_may_be_painted_into_a_named_file(tmp_path: Path, weights: Path) -> None:
    write_photo(tmp_path / "a.jpg")
    options = "--style", "wave", "--weights", weights
    assert run(tmp_path / "a.jpg", "-o", tmp_path / "x.png", *options) == 0
    assert (tmp_path / "x.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.jpg", "-o", "out"], "none.jpg does not exist"),
        (["*.xyz", "-o", "out"], "*.xyz does not exist"),
        ([".", "-o", "out", "--format", "psd"], "Unknown format psd"),
        ([".", "-o", "out", "--colours", "grey"], "colours is one of"),
        ([".", "-o", "out", "--strength", "2"], "'--strength'"),
        ([".", "-o", "out", "--shard", "0/8"], "'0/8' is not a part such as 2/8"),
        ([".", "-o", "out", "--shard", "9/8"], "'9/8' is not a part such as 2/8"),
        ([".", "-o", "out", "--shard", "2"], "'2' is not a part such as 2/8"),
        ([".", "-o", "out", "--shard", "-1/8"], "'-1/8' is not a part such as 2/8"),
        ([".", "-o", "out", "--shard", "0/0"], "'0/0' is not a part such as 2/8"),
        ([".", "-o", "out", "--shard", "1/8x"], "'1/8x' is not a part such as 2/8"),
        ([".", "-o", "out", "--bits", "16"], "JPEG has 8 bits per channel, not 16"),
        ([".", "-o", "out", "--format", "png", "--bits", "7"], "PNG has 8 or 16 bits"),
        ([".", "-o", "out", "--mask", "none.png"], "none.png does not exist"),
        ([".", "-o", "out", "--mask", "notes.txt"], "notes.txt is not a picture"),
        (
            [".", "-o", "out", "--mask", "empty"],
            "empty contains no mask for these photos",
        ),
    ],
)
def test_bad_wishes_are_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    write_photo(tmp_path / "a.jpg")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("parts", [1, 3, 8, 40])
def test_shards_are_disjoint_complete_and_the_same_everywhere(tmp_path: Path, parts: int) -> None:
    tasks = [Task(tmp_path / f"{n}.jpg", tmp_path / "out" / f"{n}.jpg") for n in range(20)]
    shards = [Shard.parsed(f"{part}/{parts}").of(tasks) for part in range(1, parts + 1)]
    assert sorted(task.source for shard in shards for task in shard) == sorted(
        task.source for task in tasks
    )
    sizes = [len(shard) for shard in shards]
    assert max(sizes) - min(sizes) <= 1
    elsewhere = [
        Task(Path("/other") / task.source.name, Path("/far") / task.target.name)
        for task in reversed(tasks)
    ]
    again = [Shard(part, parts).of(elsewhere) for part in range(1, parts + 1)]
    names = [[[task.target.name for task in shard] for shard in every] for every in (shards, again)]
    assert names[0] == names[1]


# -- painting ---------------------------------------------------------------------------------


def test_a_photo_is_painted_with_what_its_camera_wrote_only_on_request(
    tmp_path: Path, weights: Path
) -> None:
    source, look = write_photo(tmp_path / "a.jpg"), PhotoLook("wave", 0.8, "night", 0.25)
    studio, made = photo_batch.begin(BatchOptions(look, "Daub 9", weights=weights))
    for notes, place in ((False, False), (True, False), (True, True)):
        task = Task(source, tmp_path / "out" / "a.png")
        outcome = paint(studio, task, BatchOptions(look, "Daub 9", notes=notes, place=place), made)
        assert outcome.problem == ""
        with Image.open(task.target) as image:
            exif = image.getexif()
        assert exif.get(ExifTags.Base.Make) == ("Kamera" if notes else None)
        assert bool(exif.get_ifd(ExifTags.IFD.GPSInfo)) == place
    assert not np.array_equal(read_photo(task.target).pixels, read_photo(source).pixels)


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".tif"])
def test_what_is_done_is_known_by_its_photo_and_all_settings(
    tmp_path: Path, weights: Path, ending: str
) -> None:
    task = Task(write_photo(tmp_path / "a.jpg"), tmp_path / f"b{ending}")
    wish = BatchOptions(PhotoLook("wave", 0.8), "Daub 9", weights=weights)
    assert standing(task, wish) is Standing.FREE
    studio, made = photo_batch.begin(wish)
    assert paint(studio, task, wish, made).problem == ""
    assert standing(task, wish) is Standing.DONE
    for look in (PhotoLook("wave", 0.7), PhotoLook("night", 0.8), PhotoLook("wave", 0.8, seed=1)):
        assert standing(task, replace(wish, look=look)) is Standing.FREE
    for other in (
        replace(wish, quality=50),
        replace(wish, notes=True),
        replace(wish, weights=None),
    ):
        assert standing(task, other) is Standing.FREE
    assert standing(task, replace(wish, threads=7, maker="Daub 10")) is Standing.DONE
    assert not told_by(task.source)
    write_photo(task.source, 44)
    assert standing(task, wish) is Standing.TAKEN
    task.target.write_bytes(b"half")
    assert standing(task, wish) is Standing.TAKEN


def write_mask(path: Path, side: int = 40, material: int = PHOTO) -> Path:
    """KEEP on the left, ``material`` on the right."""
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = np.full((side, side), material, np.uint8)
    labels[:, : side // 2] = KEEP
    image = Image.fromarray(labels)
    image.putpalette(in_colours(np.arange(256, dtype=np.uint8)).tobytes())
    image.save(path)
    return path


@pytest.mark.parametrize(
    ("name", "bits", "written"),
    [("b.tif", None, 16), ("b.png", None, 16), ("b.jpg", None, 8), ("b.tif", 8, 8)],
)
def test_a_deep_photo_stays_deep_where_the_format_can(
    tmp_path: Path, weights: Path, name: str, bits: int | None, written: int
) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (40, 40, 3), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb")
    task = Task(tmp_path / "a.tif", tmp_path / name)
    wish = BatchOptions(PhotoLook("wave", 0), "Daub 9", weights=weights, bits=bits)
    studio, made = photo_batch.begin(wish)
    assert paint(studio, task, wish, made).problem == ""
    found = read_photo(task.target, deep=True)
    assert found.bits == written
    assert standing(task, wish) is Standing.DONE
    if written == 16:
        assert found.deep is not None
        assert np.array_equal(found.deep, values)


def test_masks_are_one_file_or_have_the_photos_names(tmp_path: Path) -> None:
    photos, masks = tmp_path / "photos", tmp_path / "masks"
    for name in ("a.jpg", "deep/b.jpg", "c.jpg"):
        write_photo(photos / name)
    for name in ("a.png", "deep/b.png", "d.png"):
        write_mask(masks / name)
    named = find_tasks([photos], tmp_path / "out", "", masks)
    assert {task.source.name: task.mask for task in named} == {
        "a.jpg": masks / "a.png", "b.jpg": masks / "deep/b.png", "c.jpg": None,
    }  # fmt: skip
    one = find_tasks([photos], tmp_path / "out", "", masks / "d.png")
    assert [task.mask for task in one] == [masks / "d.png"] * 3


def test_a_mask_keeps_and_paints_over_parts_of_a_photo(tmp_path: Path) -> None:
    save_stylizer(Stylizer(["great-wave"]), tmp_path / "net.safetensors")
    wish = BatchOptions(PhotoLook("great-wave"), "Daub 9", weights=tmp_path / "net.safetensors")
    studio, made = photo_batch.begin(wish)
    source, pictures = write_photo(tmp_path / "a.png", 96), {}
    for name, material in (("restyled", PHOTO), ("sky", 0), ("grass", 6)):
        mask = write_mask(tmp_path / f"{name}-mask.png", 48, material)
        task = Task(source, tmp_path / f"{name}.png", mask)
        assert paint(studio, task, wish, made).problem == ""
        pictures[name] = read_photo(task.target).pixels
    photo = read_photo(source).pixels
    assert all(np.array_equal(each[:, :48], photo[:, :48]) for each in pictures.values())
    right = [photo[:, 60:], *(picture[:, 60:].astype(float) for picture in pictures.values())]
    far = [np.abs(one - other).mean() for n, one in enumerate(right) for other in right[:n]]
    assert min(far) > 5


def test_a_mask_that_does_not_fit_costs_its_photo(tmp_path: Path, weights: Path) -> None:
    wish = BatchOptions(PhotoLook("wave"), "Daub 9", weights=weights)
    studio, made = photo_batch.begin(wish)
    image = Image.new("RGB", (60, 40))
    image.save(tmp_path / "wide.jpg")
    task = Task(tmp_path / "wide.jpg", tmp_path / "out.png", write_mask(tmp_path / "mask.png"))
    problem = paint(studio, task, wish, made).problem
    assert f"mask.png is 40 x 40 pixels, and {task.source} 60 x 40" in problem
    assert not task.target.exists()


def test_another_mask_is_another_painting(tmp_path: Path, weights: Path) -> None:
    wish = BatchOptions(PhotoLook("wave"), "Daub 9", weights=weights)
    studio, made = photo_batch.begin(wish)
    bare = Task(write_photo(tmp_path / "a.jpg"), tmp_path / "b.png")
    masked = replace(bare, mask=write_mask(tmp_path / "mask.png"))
    for task, other in ((bare, masked), (masked, bare)):
        assert paint(studio, task, wish, made).problem == ""
        assert standing(task, wish) is Standing.DONE
        assert standing(other, wish) is Standing.FREE
    write_mask(tmp_path / "mask.png", 80)
    assert standing(masked, wish) is Standing.FREE


def test_a_batch_goes_on_after_failures_and_where_it_was(
    tmp_path: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.jpg", "deep/b.png"):
        write_photo(tmp_path / "photos" / name)
    (tmp_path / "photos" / "bad.jpg").write_text("no photo")
    arguments = (
        tmp_path / "photos", "-o", tmp_path / "out", "--style", "wave",
        "--weights", weights, "--workers", 2,
    )  # fmt: skip
    assert run(*arguments) == 1
    said = capsys.readouterr()
    assert "2 painted, 1 failed" in said.out
    assert said.err.count("bad.jpg is not a picture that Daub can read.") == 1
    assert {path.name for path in (tmp_path / "out").rglob("*.*")} == {"a.jpg", "b.png"}
    (tmp_path / "photos" / "bad.jpg").unlink()
    before = (tmp_path / "out" / "a.jpg").stat().st_mtime_ns
    assert run(*arguments) == 0
    assert "0 painted, 2 already existed, 0 failed" in capsys.readouterr().out
    assert (tmp_path / "out" / "a.jpg").stat().st_mtime_ns == before


def test_shards_together_paint_each_photo_once(
    tmp_path: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.jpg", "deep/b.png", "c.jpg"):
        write_photo(tmp_path / "photos" / name)
    arguments = (
        tmp_path / "photos",
        "-o",
        tmp_path / "out",
        "--style",
        "wave",
        "--weights",
        weights,
    )
    told = []
    for part in ("1/2", "2/2"):
        assert run(*arguments, "--shard", part) == 0
        told.append(capsys.readouterr().out)
    assert "part 1/2: 2 painted, 0 failed" in told[0]
    assert "1/2" in told[0].splitlines()[0], "its own photos are counted"
    assert "left" in told[0].splitlines()[0], "the time left is told"
    assert "left" not in told[0].splitlines()[1]
    assert "part 2/2: 1 painted, 0 failed" in told[1]
    assert run(*arguments) == 0
    assert "0 painted, 3 already existed" in capsys.readouterr().out
    assert run(*arguments, "--shard", "9/9") == 0
    assert "part 9/9: 0 painted, 0 failed" in capsys.readouterr().out


def test_a_process_uses_no_more_threads_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cv2.getNumThreads()
    ours, theirs = photo_batch.SPAWN.Pipe()
    ours.close()
    counts = []

    def begin(wish: BatchOptions) -> tuple[None, None]:
        counts.append(cv2.getNumThreads())
        raise EngineError("enough")

    monkeypatch.setattr(photo_batch, "begin", begin)
    try:
        with pytest.raises(OSError, match=r".*"):
            photo_batch._serve(theirs, BatchOptions(PhotoLook("wave"), "", threads=1))
    finally:
        cv2.setNumThreads(before)
    assert counts == [1]


def test_a_style_that_the_network_does_not_know_stops_all(
    tmp_path: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_photo(tmp_path / "a.jpg")
    arguments = (tmp_path / "a.jpg", "-o", tmp_path / "out", "--weights", weights)
    assert run(*arguments, "--style", "sunflowers") == 2
    assert "cannot be painted in sunflowers, only in wave, night." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_process_that_dies_costs_one_photo(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(photo_batch, "work", photo_workers.dying)
    tasks = [Task(tmp_path / f"{name}.jpg", tmp_path / f"{name}.png") for name in ("a", "bad", "c")]
    outcomes = {
        out.task: out.problem for out in paint_all(tasks, BatchOptions(PhotoLook("wave"), ""), 1)
    }
    assert [outcomes[task] == "" for task in tasks] == [True, False, True]
    assert "bad.jpg could not be painted: its process ended" in outcomes[tasks[1]]


def test_a_process_that_dies_during_a_pause_costs_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(photo_batch, "work", photo_workers.leaving)
    task, started = Task(tmp_path / "a.jpg", tmp_path / "a.png"), list[object]()
    start = photo_batch.WorkerProcess._start
    monkeypatch.setattr(
        photo_batch.WorkerProcess, "_start", lambda self: (started.append(self), start(self))
    )
    wish = BatchOptions(PhotoLook("wave"), str(tmp_path / "was here"))
    outcomes = list(paint_all([task], wish, 1, paused=lambda: len(started) < 2))
    assert [outcome.problem for outcome in outcomes] == [""]


def test_while_paused_no_photo_is_begun(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(photo_batch, "work", photo_workers.dying)
    tasks = [Task(tmp_path / f"{name}.jpg", tmp_path / f"{name}.png") for name in ("a", "c")]
    looks = iter([False] * 2 + [True] * 12)
    begun: list[bool] = []

    def paused() -> bool:
        begun.append(next(looks, False))
        return begun[-1]

    outcomes = paint_all(tasks, BatchOptions(PhotoLook("wave"), ""), 1, paused=paused)
    assert next(outcomes).task == tasks[0]
    rest = next(outcomes)
    assert rest.task == tasks[1]
    assert begun.count(True) == 12, "it waited as long as it was paused"
    outcomes.close()


def test_stopping_leaves_no_process_and_no_half_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(photo_batch, "work", photo_workers.slow)
    tasks = [Task(tmp_path / f"{name}.jpg", tmp_path / f"{name}.png") for name in ("a", "b")]
    with closing(paint_all(tasks, BatchOptions(PhotoLook("wave"), ""), 1)) as outcomes:
        assert next(outcomes).task == tasks[0]
        began = time.monotonic()
        while not list(tmp_path.glob(".daub-*")) and time.monotonic() - began < 5:
            time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_wanted_any_more_stops_while_a_photo_is_painted(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(photo_batch, "work", photo_workers.slow)
    tasks = [Task(tmp_path / f"{name}.jpg", tmp_path / f"{name}.png") for name in ("a", "b", "c")]

    def unwanted() -> bool:
        return bool(list(tmp_path.glob(".daub-*")))

    outcomes = paint_all(tasks, BatchOptions(PhotoLook("wave"), ""), 1, unwanted)
    assert [outcome.task for outcome in outcomes] == tasks[:1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process there")
def test_ctrl_c_ends_it_cleanly(tmp_path: Path, weights: Path) -> None:
    for number in range(200):
        write_photo(tmp_path / "photos" / f"{number}.jpg")
    command = [sys.executable, "-m", "app", "stylize", str(tmp_path / "photos")]
    command += ["-o", str(tmp_path / "out"), "--style", "wave", "--weights", str(weights)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("1/200")
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to all of them
        said = process.stderr.read()
    assert process.returncode == 130
    assert said == "daub: stopped. Run the same command to continue.\n"
    assert not list((tmp_path / "out").glob(".daub-*"))
    assert all(": style wave" in told_by(path) for path in (tmp_path / "out").iterdir())
