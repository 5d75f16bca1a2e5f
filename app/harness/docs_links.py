"""Check the built site for broken links and for resources that a browser would load from elsewhere.

MkDocs checks only links in Markdown; this module reads the final HTML, including the theme's.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

FETCHED = {"img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src"}
"""Elements whose address a browser fetches without a click, and the address's attribute."""

KINDS_NOT_FETCHED = {"canonical", "next", "prev"}


@dataclass
class Findings:
    """Results of the check.

    ``broken`` and ``foreign`` (resources from other sites) are faults, as sentences; ``outside``:
    external links, which are not checked; ``pages``: number of pages.
    """

    broken: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    outside: set[str] = field(default_factory=set)
    pages: int = 0


class _Page(HTMLParser):
    """Links, fetched addresses and anchors of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.fetched: set[str] = set()
        self.anchors: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.anchors.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        address = given.get(FETCHED.get(tag, ""))
        if address is not None and given.get("rel") not in KINDS_NOT_FETCHED:
            self.fetched.add(address)


def check_site(site: Path) -> Findings:
    """Check all HTML pages in the folder ``site``."""
    site = site.resolve()
    pages = {
        path: _Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))
    }  # fmt: skip
    found = Findings(pages=len(pages))
    for path, page in pages.items():
        name = path.relative_to(site)
        found.foreign += [f"{name} fetches {to}." for to in sorted(page.fetched) if _outside(to)]
        found.outside |= {to for to in page.links if _outside(to)}
        inner = sorted(to for to in page.links | page.fetched if not _outside(to))
        found.broken += [
            f"{name} points to {to}." for to in inner if not _leads(to, path, site, pages)
        ]
    return found


def _outside(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.scheme or parts.netloc) and parts.scheme != "data"


def _leads(address: str, page: Path, site: Path, pages: dict[Path, _Page]) -> bool:
    """Return whether an address on a page leads to an existing file and anchor."""
    if address.startswith("data:"):
        return True
    name, anchor = map(unquote, urldefrag(address))
    start = site if name.startswith("/") else page.parent
    target = (start / name.lstrip("/")).resolve() if name else page
    if target.is_dir():
        target /= "index.html"
    if target not in pages:
        return target.is_file()
    return anchor in pages[target].anchors
