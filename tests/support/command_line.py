"""What tests of the command line share: refusals, and packs among a person's own styles."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
import pytest

from app.cli import main as cli


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run, expect exit code 2 and one sentence on stderr; returns the sentence."""
    capsys.readouterr()
    assert cli.run([str(argument) for argument in arguments]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("daub: ")
    assert streams.err.count("\n") == 1
    assert streams.err.endswith(".\n")
    return streams.err


@contextmanager
def own_style(pack: Path) -> Iterator[Path]:
    """A copy of a pack folder where a person's own packs are, gone afterwards."""
    place = Path(platformdirs.user_data_dir("daub", appauthor=False)) / "styles" / "tiny"
    shutil.copytree(pack, place)
    try:
        yield place
    finally:
        shutil.rmtree(place)
