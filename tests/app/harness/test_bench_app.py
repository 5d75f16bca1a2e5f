"""``daub bench app``: every figure is measured."""

import json
from mmap import mmap

import pytest
from pytestqt.qtbot import QtBot

from app import start
from app.harness import bench_app, bench_live, bench_switch

FIGURES = {
    "window", "window_work", "start", "start_work", "first_start", "ink_p50", "ink_p95", "ink_busy",
    "stall", "turn", "stalls", "tick_p99", "growth", "switch_p50", "switch_most", "switch_work",
    "again_p50", "again_most", "again_work", "sketch_p50", "sketch_most", "sketch_work",
    "live_p50", "live_p95", "live_large_p50", "live_large_p95", "live_tick", "live_switch",
}  # fmt: skip


def test_all_figures_of_the_application(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"INK_CANVAS": 256, "INK_EVENTS": 20, "SESSION_WIDTH": 128, "SESSION_HEIGHT": 96}
    for name, value in sizes.items():
        monkeypatch.setattr(bench_app, name, value)
    monkeypatch.setattr(bench_switch, "CANVAS", 128)
    for name, value in {"CANVAS": (128, 96), "LARGE": (192, 160), "DABS": 3}.items():
        monkeypatch.setattr(bench_live, name, value)
    arguments = ["--starts", "1", "--minutes", "0.03", "--soak", "0.03", "--json"]
    assert start.run(["bench", "app", *arguments]) == 0
    told = json.loads(capsys.readouterr().out)
    figures = {figure["id"]: figure["value"] for figure in told["figures"]}
    assert set(figures) == FIGURES
    assert 0 < figures["ink_p50"] <= figures["ink_p95"]
    assert figures["window"] < figures["start"]
    assert 0 < figures["turn"] < figures["stall"] + 1  # the two clocks are not read at once
    assert 0 < figures["live_p50"] <= figures["live_p95"]
    assert 0 < figures["live_large_p50"] <= figures["live_large_p95"]
    assert figures["live_switch"] > figures["live_p50"]
    assert figures["live_tick"] > 0
    for name in ("switch", "again", "sketch"):
        assert 0 < figures[f"{name}_p50"] <= figures[f"{name}_most"]
        assert figures[f"{name}_work"] > 0
    assert figures["stall"] >= figures["tick_p99"] > 0


def test_memory_is_that_of_this_process() -> None:
    size = 2**26
    before = bench_app.resident_bytes()
    with mmap(-1, size) as ballast:  # an allocator might hand out what it kept
        ballast.write(bytes([1]) * size)
        assert 0.9 < (bench_app.resident_bytes() - before) / size < 2.1
