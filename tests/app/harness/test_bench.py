"""``daub bench``: every figure is in the table and in the JSON output."""

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app import start
from app.harness import (
    bench,
    bench_canvas,
    bench_photo,
    bench_refine,
    bench_strokes,
    bench_video,
)
from app.start import Bench
from engine.refine import run as refine_run
from engine.studio import EngineError

FIGURES = {
    "dab_p50", "dab_p95", "drag_p50", "drag_p95", "tick_p99", "preview",
    "preview_fp32", "preview_bf16", "noise", "pack", "kmac", "window", "start",
    "window_work", "start_work", "first_start",
}  # fmt: skip


def test_all_figures(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "CANVAS", 128)
    monkeypatch.setattr(bench, "FEWEST_DABS", 3)
    monkeypatch.setattr(bench, "PREVIEW", 64)
    assert start.run(["bench", Bench.PAINTING, "--runs", "2", "--starts", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    figures = {figure["id"]: figure for figure in told["figures"]}
    assert set(figures) == FIGURES
    assert all(figure["value"] > 0 for figure in figures.values())
    assert figures["noise"]["value"] < 100
    assert {"processor", "cores", "torch", "device"} <= set(told["machine"])


CANVAS_FIGURES = {
    "bare", "painted", "refined", "first", "draft", "dab", "end", "frame", "turned", "held",
    "push", "walk", "brush_round", "brush_square", "brush_ragged",
}  # fmt: skip


def test_all_figures_of_a_large_canvas(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_canvas, "SIDE", 2560)
    monkeypatch.setattr(bench_canvas, "DABS", 20)
    assert start.run(["bench", Bench.CANVAS, "--runs", "2", "--json"]) == 0
    figures = {each["id"]: each["value"] for each in json.loads(capsys.readouterr().out)["figures"]}
    assert set(figures) == CANVAS_FIGURES
    assert figures["painted"] - figures["bare"] < 120  # 19 of RGB, 7 on screen, and what is in use
    assert 0 < figures["held"] < 1
    assert min(figures[name] for name in ("dab", "end", "frame", "push", "walk")) > 0


RACE_FIGURES = {"rival_loss", "rival", "same", "same_share", "best_loss", "best"}
REFINE_FIGURES = {
    "idle_p50", "busy_p50", "busy_ratio", "busy_p95", "tick_p99", "pictures", "cancel", "step",
    "step_own", "memory",
} | RACE_FIGURES  # fmt: skip


def test_all_figures_of_refine(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"WIDTH": 96, "HEIGHT": 72, "PAUSE_MS": 10, "LARGE": 128}.items():
        monkeypatch.setattr(bench_refine, name, value)
    monkeypatch.setitem(refine_run.QUALITIES, "best", {1: 2, 0: 300})
    monkeypatch.setattr(bench_refine, "EVALUATIONS", 2)
    assert start.run(["bench", Bench.REFINE, "--runs", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    figures = {figure["id"]: figure["value"] for figure in told["figures"]}
    assert set(figures) == REFINE_FIGURES
    assert figures["busy_ratio"] == pytest.approx(figures["busy_p50"] / figures["idle_p50"])
    assert figures["pictures"] > 0
    assert figures["step_own"] > 0
    # Two steps from flat noise lower the loss, and do not beat three from the preview.
    assert figures["best_loss"] < figures["rival_loss"]
    assert 0 < figures["memory"] < 4


PHOTO_FIGURES = {
    "photo", "work", "finest", "rival", "ratio", "finest_ratio", "weights", "strokes",
    "strokes_large", "first_network", "first_work_network", "memory_network", "first_strokes",
    "first_work_strokes", "memory_strokes",
}  # fmt: skip


def test_all_figures_of_photos(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"WIDTH": 96, "HEIGHT": 64, "LARGE": (200, 120), "MEGAPIXEL": (120, 90)}
    for name, value in {**sizes, "RACE_SIZE": (96, 72), "EVALUATIONS": 2}.items():
        monkeypatch.setattr(bench_photo, name, value)
    monkeypatch.setitem(refine_run.QUALITIES, "best", {0: 20})
    assert start.run(["bench", Bench.PHOTO, "--runs", "2", "--race", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    figures = {figure["id"]: figure["value"] for figure in told["figures"]}
    races = {name: figures.pop(f"race_{name}") for name in RACE_FIGURES}
    assert set(figures) == PHOTO_FIGURES
    assert min(figures.values()) > 0
    assert races["best_loss"] < races["rival_loss"]
    assert 0 < races["same"] <= races["best"]
    assert figures["ratio"] == pytest.approx(figures["rival"] / figures["work"])
    assert figures["weights"] < 4


def test_all_figures_of_clips(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"SIZE": (96, 64), "LONG_SIZE": (96, 64), "LONG": 6, "EARLY": 2, "ALONE": 2}
    monkeypatch.setattr(bench_video, "KINDS", ("layers",))
    for name, value in sizes.items():
        monkeypatch.setattr(bench_video, name, value)
    assert start.run(["bench", Bench.VIDEO, "--runs", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    figures = {figure["id"]: figure["value"] for figure in told["figures"]}
    pairs = [f"{kind}_{by}" for kind in bench_video.KINDS for by in ("network", "strokes")]
    flickers = {f"{name}_{pair}" for name in ("flicker", "own") for pair in pairs}
    assert set(figures) == flickers | {"frame_network", "frame_strokes", "memory"}
    assert all(figures[f"flicker_{kind}_strokes"] < 0.6 for kind in bench_video.KINDS)


STROKES_FIGURES = {
    "compile", "ready", "first_use", "known", "small", "usual", "dab", "dab_p95", "field",
    "field_usual", "distances", "distances_pixel", "compared", "speed", "floor", "large", "memory",
}  # fmt: skip


def test_all_figures_of_strokes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"SMALL": (96, 64), "USUAL": (128, 96), "CANVAS": 160, "FIELD": 64, "LARGE": 128}
    for name, value in {**sizes, "PROCESSES": 1}.items():
        monkeypatch.setattr(bench_strokes, name, value)
    assert start.run(["bench", Bench.STROKES, "--runs", "2", "--large", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    figures = {figure["id"]: figure["value"] for figure in told["figures"]}
    reuses = {name for name in figures if name.startswith("reuse_")}
    assert len(reuses) == 3
    assert "reuse_starry-night" in reuses
    assert set(figures) - reuses == STROKES_FIGURES
    assert min(figures.values()) > 0
    # What was compiled, and what was found about a style, is found again.
    assert figures["ready"] < figures["compile"]
    assert figures["known"] < 1000 * figures["first_use"]
    # A distance reads one to seven rows of seven pixels with twelve channels.
    rows = figures["compared"] * 1e9 / (figures["distances"] * 1e6) / 84
    assert 1 <= rows <= 7


def test_strokes_of_a_style_without_a_painting_are_not_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert start.run(["bench", Bench.STROKES, "--style", "none"]) == 2
    assert "There is no style none" in capsys.readouterr().err


def test_failed_start_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    silent = tmp_path / "python"
    silent.write_text("#!/bin/sh\necho No style pack can be used.\n")
    silent.chmod(0o755)
    monkeypatch.setattr(bench.sys, "executable", str(silent))
    with pytest.raises(EngineError, match="No style pack"):
        bench.start_figures(1)


def test_table_marks_what_is_too_slow() -> None:
    figures = [
        bench.Figure("a", "quick", 5.0, "ms", 20, 10),
        bench.Figure("b", "slow", 50.0, "ms", 20, 10),
    ]
    measured = list(bench.as_table(figures).columns[1].cells)
    assert measured == ["5 ms", "[red]50 ms[/red]"]
