"""The documentation: keys as in the window, all pages reachable, no missing picture."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import typer
import yaml
from PIL import Image
from pytestqt.qtbot import QtBot

from app import start
from app.harness import docs, docs_photos, docs_sessions
from app.harness.docs_camera import Camera, alike
from app.harness.docs_keys import keys_page
from app.harness.docs_links import check_site
from app.harness.docs_sessions import SESSIONS, draw, on_stage
from engine.refine.request import QUALITIES
from engine.sheet import CAPTION, GAP
from engine.studio import Studio

ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
READABLE = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]
COMMAND = re.compile(r"^(?:DAUB_\S+ )?\./daub ([a-z][a-z0-9-]*)(?= |$)([^#\n]*)", re.MULTILINE)
OPTION = re.compile(r"(?<!\S)--?[a-z][a-z-]*")
ELSEWHERE = {"test", "docs", "update", "bundle"}  # the script ./daub sees to these itself
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s#]+)[^)]*\)|<img[^>]*src=\"([^\"]+)\"")


def local_links(page: Path) -> list[str]:
    found = (one or other for one, other in LINK.findall(page.read_text("utf-8")))
    return [link for link in found if "://" not in link]


def pages_of(nav: object) -> Iterator[str]:
    """The files that a part of the navigation names."""
    if isinstance(nav, str):
        yield nav
    else:
        for entry in nav.values() if isinstance(nav, dict) else nav:
            yield from pages_of(entry)


def test_keys_are_those_of_the_window() -> None:
    written = (ROOT / docs.KEYS).read_text("utf-8")
    assert written == keys_page(), "./daub docs site writes docs/keys.md anew"


def test_every_page_is_in_the_navigation() -> None:
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]
    assert sorted(pages_of(nav)) == sorted(
        page.relative_to(ROOT / "docs").as_posix() for page in PAGES
    )


@pytest.mark.parametrize("page", READABLE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_shows_or_links_to_exists(page: Path) -> None:
    missing = [link for link in local_links(page) if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", READABLE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_that_a_page_tells_to_type_exist(page: Path) -> None:
    commands = typer.main.get_group(start.cli.commands).commands
    text = page.read_text("utf-8").replace("\\\n", " ")
    unknown = []
    for name, rest in COMMAND.findall(text):
        if name in ELSEWHERE:
            continue
        command = commands.get(name)
        parts = [command, *getattr(command, "commands", {}).values()] if command else []
        found = [param for part in parts for param in part.params]
        options = {one for param in found for one in (*param.opts, *param.secondary_opts)}
        wrong = [option for option in OPTION.findall(rest) if option not in options]
        unknown += [f"{name} {option}" for option in wrong] + [name] * (name not in commands)
    assert not unknown


def test_every_picture_is_shown_somewhere() -> None:
    shown = {(page.parent / link).resolve() for page in READABLE for link in local_links(page)}
    icon = ROOT / "resources/icons/daub.svg"  # mkdocs.yml shows it, by a link in docs/pictures
    pictures = {path.resolve() for path in (ROOT / docs.PICTURES).rglob("*") if path.is_file()}
    assert pictures - shown == {icon}


def test_site_builds_and_fetches_nothing_from_elsewhere(tmp_path: Path) -> None:
    assert docs.build(tmp_path)
    found = check_site(tmp_path)
    assert (found.broken, found.foreign) == ([], [])
    assert found.pages >= len(PAGES)
    assert "https://arxiv.org/abs/1508.06576" in found.outside


def test_faults_of_a_site_are_found(tmp_path: Path) -> None:
    (tmp_path / "guide").mkdir()
    (tmp_path / "other.html").write_text('<h1 id="a b">A</h1>')
    (tmp_path / "guide/page.html").write_text(
        '<a href="../other.html#a%20b">well</a> <a href="../other.html#gone">no such anchor</a>'
        '<a href="gone.html">no such page</a> <a href="#gone">no such anchor here</a>'
        '<img src="gone.png"> <img src="data:image/gif;base64,R0lGOD"> <img src="//far.org/a.png">'
        '<link rel="canonical" href="https://far.org/"> <a href="https://far.org/page">outside</a>'
    )
    found = check_site(tmp_path)
    page = str(Path("guide/page.html"))
    assert found.broken == [
        f"{page} points to #gone.",
        f"{page} points to ../other.html#gone.",
        f"{page} points to gone.html.",
        f"{page} points to gone.png.",
    ]
    assert found.foreign == [f"{page} fetches //far.org/a.png."]
    assert found.outside == {"https://far.org/page"}


def test_picture_that_looks_the_same_stays(tmp_path: Path) -> None:
    camera, path = Camera(tmp_path), tmp_path / "a.webp"
    picture = np.random.default_rng(1).integers(0, 255, (1, 1, 3), np.uint8)
    picture = np.broadcast_to(picture, (720, 960, 3)).copy()
    camera.take("a", picture)
    first = path.read_bytes()
    picture[:3, :4] ^= 128  # a figure in the status bar
    camera.take("a", picture)
    assert (camera.taken, path.read_bytes()) == ({"a": False}, first)
    picture[:30, :60] ^= 128  # a new button
    camera.take("a", picture)
    assert camera.taken == {"a": True}
    with Image.open(path) as kept:
        difference = np.abs(np.asarray(kept.convert("RGB")).astype(int) - picture)
    assert difference.mean() < 8, "what was taken last is kept"


def test_pictures_of_other_sizes_differ() -> None:
    assert not alike(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8))


def test_a_session_paints_in_the_real_window(tmp_path: Path, qtbot: QtBot) -> None:
    """Doodle and picture show a stroke in progress."""
    camera = Camera(tmp_path)
    with on_stage("starry-night", canvas=(160, 120)) as stage:
        stage.clear()
        camera.take("before", stage.screenshot())
        stage.choose("brush", docs_sessions.IDS["sun"], 40)
        draw(stage, [(30, 60), (130, 60)], up=False)
        camera.take("during", stage.screenshot())
        assert stage.session.tool_controller.busy
        stage.release(130, 60)
        assert not stage.session.tool_controller.busy
    before, during = (np.asarray(Image.open(tmp_path / f"{n}.webp")) for n in ("before", "during"))
    assert not alike(before, during)
    middle = np.abs(before.astype(int) - during).max(-1) > 40
    halves = np.array_split(middle, 2, axis=1)
    assert all(half.sum() > 1000 for half in halves), "doodle on the left, painting on the right"


@pytest.mark.parametrize(
    ("name", "pictures"),
    [("dialogs", {"new", "export", "preferences"}), ("drawing", {"import"}), ("photo", {"photo"})],
)
def test_sessions_take_their_pictures(
    name: str, pictures: set[str], tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    camera = Camera(tmp_path)
    SESSIONS[name](camera)
    assert set(camera.taken) == pictures
    for picture in pictures:
        with Image.open(tmp_path / f"{picture}.webp") as taken:
            assert taken.size[0] >= 400
            assert np.asarray(taken.convert("L")).std() > 10


@pytest.fixture
def small_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two photos that the sessions take for those of the documentation."""
    folder, rng = tmp_path / "photos", np.random.default_rng(2)
    folder.mkdir()
    for name in ("cat", "dog"):
        coarse = Image.fromarray(rng.integers(0, 255, (6, 8, 3), np.uint8))
        coarse.resize((64, 48)).save(folder / f"{name}.jpg")
    monkeypatch.setattr(docs_photos, "PHOTOS", folder)
    monkeypatch.setattr(docs_photos, "ROCKET", folder / "cat.jpg")
    return folder


def test_the_sheet_of_photos_shows_every_style(tmp_path: Path, small_photos: Path) -> None:
    docs_photos.photo_styles(Camera(tmp_path))
    with Image.open(tmp_path / "photo-styles.webp") as image:
        sheet = np.asarray(image.convert("L"))
    columns, width = docs_photos.SHEET_COLUMNS, docs_photos.SHEET_WIDTH
    side, rows = width + GAP, -(-(1 + len(Studio().photo_styles())) // columns)
    height = width * 3 // 4 + CAPTION + GAP
    assert sheet.shape == (2 * rows * height, columns * side)
    painted = [
        sheet[top : top + 100, left : left + 100].std() > 5
        for top in range(0, len(sheet), height)
        for left in range(0, sheet.shape[1], side)
    ]
    one = [True] * (1 + len(Studio().photo_styles()))
    assert painted == (one + [False] * (rows * columns - len(one))) * 2


def test_a_refined_photo_stands_beside_its_painting(
    tmp_path: Path, small_photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(QUALITIES, docs_photos.REFINED_QUALITY, {0: 4})
    docs_photos.photo_refined(Camera(tmp_path, quality=100))
    with Image.open(tmp_path / "photo-refined.webp") as image:
        sides = np.split(np.asarray(image.convert("RGB")).astype(float), 3, axis=1)
    photo, painting, refined = (side[:48, :64] for side in sides)
    with Image.open(small_photos / "cat.jpg") as image:
        assert np.abs(photo - np.asarray(image)).mean() < 8
    for one, other in ((photo, painting), (painting, refined)):
        assert np.abs(one - other).mean() > 8


def test_unknown_picture(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert docs.main(["no-such-picture"]) == 2
    told = capsys.readouterr().out
    assert "no-such-picture" in told
    assert all(name in told for name in SESSIONS)
