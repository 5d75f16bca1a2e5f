"""``daub --self-test``: problems are found and reported."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app import start
from app.harness import self_test
from app.harness.self_test import CHECKS, Kit, Outcome, outcomes
from engine.packs.style_pack import BUILT_IN
from engine.studio import EngineError, Studio, save_png


def test_this_copy_is_well(qtbot: QtBot) -> None:
    # All packs take too long for every day; their own tests read them.
    found = list(outcomes([check for check in CHECKS if check[0] != "style packs"]))
    assert [outcome.line for outcome in found if not outcome.well] == []
    assert "levels from the stored one" in found[0].line


def test_a_failure_is_told_and_the_rest_is_checked() -> None:
    def one_sentence(_: Kit) -> str:
        raise EngineError("styles/foo is not trained yet.")

    def another(_: Kit) -> str:
        raise KeyError("sky")

    found = list(outcomes([("a", one_sentence), ("b", another), ("c", lambda _: "fine")]))
    assert [outcome.line.rpartition(" (")[0] for outcome in found] == [
        "✗ a: styles/foo is not trained yet.",
        "✗ b: KeyError: 'sky'.",
        "✓ c: fine",
    ]


def test_every_pack_is_read(tiny_pack: Path) -> None:
    with Kit() as kit:
        kit.studio = Studio(folders=[tiny_pack.parent])
        (tiny_pack / "generator.safetensors").write_bytes(b"damaged")
        with pytest.raises(EngineError, match=r"generator\.safetensors is not the file"):
            self_test.style_packs(kit)


def test_another_picture_is_noticed(tmp_path: Path) -> None:
    pack = tmp_path / self_test.STYLE
    shutil.copytree(BUILT_IN / self_test.STYLE, pack)
    save_png(pack / "thumbnail.png", np.full((288, 384, 3), 128, np.uint8))
    with Kit() as kit:
        kit.studio = Studio(folders=[tmp_path])
        with pytest.raises(EngineError, match="differs from the stored picture"):
            self_test.painting(kit)


@pytest.mark.parametrize(("well", "code"), [(True, 0), (False, 1)])
def test_the_exit_code_tells(
    well: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = Outcome("window", well, "opened", 0.5)
    monkeypatch.setattr(self_test, "outcomes", lambda: iter([outcome]))
    assert start.run(["--self-test"]) == code
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("Daub ")
    assert printed[1] == outcome.line
    assert printed[2].startswith("All checks passed" if well else "1 of ")
