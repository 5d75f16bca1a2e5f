"""Provenance: how a picture was made, as metadata of its file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from PIL import ExifTags, Image

from engine.image import reading
from engine.requests import PhotoLook

_MADE = "Made with"


@dataclass(frozen=True)
class Provenance:
    """Everything needed to make a painting again, besides its doodle or photo.

    ``maker``: program and version; ``style``: a pack's id; ``title``: e.g. "The Starry Night";
    ``source``: the pack's credit line; ``look``: how a photo was painted; ``photo``, ``settings``:
    hashes of the photo's file and of all settings; ``by``: what painted a doodle, "network" or
    "strokes", or empty if unknown; ``stroke``: size of the strokes; ``what``: content of a picture
    that is no painting. Without a pack ``style`` is empty and ``title`` names the painting's file.
    """

    maker: str
    style: str
    seed: int
    title: str = ""
    source: str = ""
    scale: int = 1
    refined: bool = False
    look: PhotoLook | None = None
    photo: str = ""
    settings: str = ""
    by: str = ""
    stroke: float = 1.0
    what: str = ""

    @property
    def sentence(self) -> str:
        """The provenance as one sentence."""
        if self.what:
            return f"{_MADE} {self.maker}: {self.what}"
        how = ", refined" if self.refined else ""
        facts = {**self._looks(), **self._painted_by()}
        how += "".join(f", {name} {text}" for name, text in facts.items())
        title = f" ({self.title})" if self.title else ""
        what = f"style {self.style}{title}" if self.style else f"after {self.title}"
        return f"{_MADE} {self.maker}: {what}, seed {self.seed}, scale {self.scale}{how}"

    def texts(self) -> dict[str, str]:
        """Return keys and texts for PNG text chunks."""
        if self.what:
            return {"Software": self.maker, "Comment": self.sentence}
        texts = {
            "Software": self.maker,
            "Comment": self.sentence,
            "Source": self.source,
            "daub:style": self.style,
            "daub:seed": str(self.seed),
            "daub:scale": str(self.scale),
            "daub:refined": "yes" if self.refined else "no",
            **{f"daub:{name}": text for name, text in self._looks().items()},
            **{f"daub:{name}": text for name, text in self._painted_by().items()},
        }
        return {key: text for key, text in texts.items() if text}

    def _looks(self) -> dict[str, str]:
        """Return what a photo's look contains besides style and seed."""
        if self.look is None:
            return {}
        second = {"second": self.look.second or "", "blend": f"{self.look.blend:g}"}
        by_strokes = {
            "by": self.look.by,
            "detail": f"{self.look.detail:g}",
            "freedom": f"{self.look.freedom:g}",
            "shapes": f"{self.look.shapes:g}",
        }
        return {
            "strength": f"{self.look.strength:g}",
            "stroke": f"{self.look.stroke:g}",
            "colours": self.look.colours,
            **(second if self.look.blend else {}),
            **(by_strokes if self.look.by == "strokes" else {}),
            **({"photo": self.photo, "settings": self.settings} if self.photo else {}),
        }

    def _painted_by(self) -> dict[str, str]:
        """Return what painted a doodle, and the size of its strokes."""
        size = {"stroke": f"{self.stroke:g}"} if self.by == "strokes" else {}
        return {"by": self.by, **size} if self.by else {}

    def xmp(self) -> bytes:
        """Return the same as an XMP packet, for JPEG, WebP and TIFF."""
        facts = {key: text for key, text in self.texts().items() if key.startswith("daub:")}
        attributes = "".join(f" {key}={quoteattr(text)}" for key, text in facts.items())
        return (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
            '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
            ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:daub="https://daub.invalid/xmp/"'
            f" xmp:CreatorTool={quoteattr(self.maker)}{attributes}>"
            f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{escape(self.sentence)}'
            "</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
            '<?xpacket end="w"?>'
        ).encode()


def to_look_at(what: str) -> Provenance:
    """Return the provenance of a picture that is no painting but shows ``what``."""
    return Provenance("Daub", "", 0, what=what)


def told_by(path: Path) -> str:
    """Return the provenance sentence in a picture's file; empty if Daub did not make it."""
    try:
        with reading(path), Image.open(path) as image:
            comment = _comment(image)
    except Exception:  # Daub did not write a file that cannot be read
        return ""
    return comment if comment.startswith((f"{_MADE} Daub ", f"{_MADE} Daub:")) else ""


def _comment(image: Image.Image) -> str:
    """Return a PNG's Comment, a GIF's comment, or the description in the EXIF data."""
    text: Any = image.info.get("Comment") or image.info.get("comment", "")
    if not text and image.format != "PNG":  # Pillow decodes a whole PNG to read its EXIF
        text = image.getexif().get(ExifTags.Base.ImageDescription, "")
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
