"""The guide as web pages on disk, for *Help > Guide*; the bundle contains them."""

import os
import re
import shutil
from html import escape
from pathlib import Path

import platformdirs

ROOT = Path(__file__).parents[2]
SHIPPED, DOCS, BUILD = ROOT / "guide", ROOT / "docs", ROOT / "build" / "guide"

PAGES = (
    "guide/start.md", "guide/painting.md", "guide/direction.md", "guide/selecting.md",
    "guide/styles.md", "guide/studio.md", "guide/refine.md", "guide/photos.md",
    "guide/video.md",
    "guide/documents.md", "guide/export.md", "guide/preferences.md", "keys.md",
    "guide/command-line.md",
)  # fmt: skip
"""The pages below `docs/`, in the order of the site's navigation."""

LINK = re.compile(r'<a href="([^":]*?)(#[^"]*)?">(.*?)</a>', re.DOTALL)
PICTURE = re.compile(r'<img src="([^"]*)"')
HEADING = re.compile(r"<(h[1-3])>(.*?)</\1>")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - Daub</title>
<style>{style}</style>
</head>
<body>
<nav>{pages}</nav>
<main>
{text}</main>
</body>
</html>
"""

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0; display: flex; }
nav { flex: 0 0 210px; padding: 28px 12px 28px 28px; position: sticky; top: 0; height: 100vh;
  box-sizing: border-box; overflow: auto; }
nav a { display: block; padding: 3px 10px; border-radius: 5px; text-decoration: none; }
nav a[aria-current] { background: #e0a8303a; }
main { max-width: 780px; padding: 12px 28px 60px; min-width: 0; }
a { color: #8a5a00; }
img { max-width: 100%; border-radius: 5px; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: 5px 14px 5px 0;
  border-bottom: 1px solid #8884; }
pre, code, kbd { font: 14px ui-monospace, monospace; background: #8882; border-radius: 4px; }
code, kbd { padding: 1px 5px; }
pre { padding: 12px 16px; overflow: auto; }
pre code { padding: 0; background: none; }
@media (prefers-color-scheme: dark) { a { color: #f0b94a; } }
@media (max-width: 720px) { body { display: block; } nav { position: static; height: auto; } }
"""


def guide_exists() -> bool:
    """Return whether Daub was installed with its documentation."""
    return _shipped().is_file() or (DOCS / PAGES[0]).is_file()


def guide() -> Path:
    """Return the guide's first page; in a checkout write the pages first. Raises OSError."""
    if _shipped().is_file():
        return _shipped()
    cache = platformdirs.user_cache_path("daub", appauthor=False)
    return write_guide(BUILD if os.access(ROOT, os.W_OK) else cache / "guide")


def _shipped() -> Path:
    return SHIPPED / page_name(PAGES[0])


def write_guide(folder: Path) -> Path:
    """Write all pages and their pictures to `folder`; return the first page. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = {name: (DOCS / name).read_text("utf-8") for name in PAGES}
    titles = {name: TITLE.findall(text)[0] for name, text in sources.items()}
    for name, text in sources.items():
        html, pictures = _rendered(name, text)
        links = [_entry(other, title, other == name) for other, title in titles.items()]
        page = PAGE.format(title=escape(titles[name]), style=STYLE, pages="".join(links), text=html)
        (folder / page_name(name)).write_text(page, "utf-8")
        for picture in pictures:
            shutil.copyfile(picture, folder / picture.name)
    return folder / page_name(PAGES[0])


def page_name(source: str) -> str:
    """Return the file name of a page: "guide/start.md" becomes "start.html"."""
    return f"{Path(source).stem}.html"


def _entry(name: str, title: str, here: bool) -> str:
    mark = ' aria-current="page"' if here else ""
    return f'<a href="{page_name(name)}"{mark}>{escape(title)}</a>'


def _rendered(name: str, text: str) -> tuple[str, list[Path]]:
    """Convert a page from Markdown to HTML; return it and the pictures it shows."""
    from markdown_it import MarkdownIt  # the first frame does not need it

    html = MarkdownIt("commonmark").enable("table").render(text)
    source = (DOCS / name).parent
    pictures = [(source / found).resolve() for found in PICTURE.findall(html)]
    html = PICTURE.sub(lambda found: f'<img src="{Path(found[1]).name}"', html)
    html = HEADING.sub(_with_anchor, html)
    return LINK.sub(lambda found: _relinked(source, found), html), pictures


def _with_anchor(heading: re.Match[str]) -> str:
    """Give a heading the id that MkDocs gives it."""
    plain = re.sub(r"<[^>]*>|[^\w\s-]", "", heading[2]).strip().lower()
    anchor = re.sub(r"[\s-]+", "-", plain)
    return f'<{heading[1]} id="{anchor}">{heading[2]}</{heading[1]}>'


def _relinked(source: Path, link: re.Match[str]) -> str:
    """Let a link lead to a page of the guide; one that leads elsewhere becomes plain text."""
    target, anchor, text = link[1], link[2] or "", link[3]
    if not target:
        return link[0]
    name = os.path.relpath((source / target).resolve(), DOCS).replace(os.sep, "/")
    return f'<a href="{page_name(name)}{anchor}">{text}</a>' if name in PAGES else text
