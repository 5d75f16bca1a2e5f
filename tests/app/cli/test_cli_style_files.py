"""``daub styles export`` and ``daub styles import``, beside the options of ``daub styles``."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from app.cli import main as cli
from tests.support.command_line import refused
from tests.support.style_files import picture_style, style_file, write_zip

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def styles() -> Iterator[Path]:
    """The user's styles, removed afterwards."""
    folder = Path(platformdirs.user_data_dir("daub", appauthor=False)) / "styles"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(folder.with_name("removed-styles"), ignore_errors=True)


def test_export_and_import(styles: Path, tmp_path: Path, capsys: Captured) -> None:
    picture_style(styles)
    out = tmp_path / "mine.daubstyle"
    assert cli.run(["styles", "export", "mine", "-o", str(out)]) == 0
    assert capsys.readouterr().out.startswith(f"{out}: mine, ")
    shutil.rmtree(styles)
    assert cli.run(["styles", "import", str(out)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("mine: mine, Brush strokes of mine.png, licence: unknown; in ")
    assert (styles / "mine" / "style.toml").exists()
    assert cli.run(["styles", "import", str(out)]) == 0
    assert capsys.readouterr().out.startswith("mine-2: mine (2), ")
    assert cli.run(["styles", "import", "--replace", str(out)]) == 0
    assert sorted(path.name for path in styles.iterdir()) == ["mine", "mine-2"]
    assert (styles.with_name("removed-styles") / "mine").is_dir()


def test_what_is_refused(styles: Path, tmp_path: Path, capsys: Captured) -> None:
    bad = write_zip(tmp_path / "bad.daubstyle", {"style.toml": b"x"})
    assert str(bad) in refused(capsys, "styles", "import", bad)
    assert "use the suffix" in refused(capsys, "styles", "export", "mine", "-o", tmp_path / "a.zip")
    out = tmp_path / "x.daubstyle"
    assert "no style mine" in refused(capsys, "styles", "export", "mine", "-o", out)
    out.write_bytes(b"the user's own")
    assert "--overwrite" in refused(capsys, "styles", "export", "starry-night", "-o", out)
    assert out.read_bytes() == b"the user's own"
    assert cli.run(["styles", "export", "starry-night", "-o", str(out), "--overwrite"]) == 0
    assert "not your own" in refused(capsys, "styles", "import", "--replace", out)
    assert not styles.exists()


def test_a_style_file_may_be_replaced(styles: Path, tmp_path: Path, capsys: Captured) -> None:
    picture_style(styles)
    out = style_file(tmp_path / "old.daubstyle", seed=1)
    before = out.read_bytes()
    assert cli.run(["styles", "export", "mine", "-o", str(out)]) == 0
    assert out.read_bytes() != before


def test_the_options_still_work(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    for given in ([], ["list"]):
        assert cli.run(["styles", *given]) == 0
        assert "The Starry Night" in capsys.readouterr().out
    assert cli.run(["styles", "--help"]) == 0
    told = capsys.readouterr().out
    assert "export" in told
    assert "--check" in cli_help(capsys)


def cli_help(capsys: Captured) -> str:
    assert cli.run(["styles", "list", "--help"]) == 0
    return capsys.readouterr().out
