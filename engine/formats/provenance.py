"""How a picture was made, for its file to say."""

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
    """All that is needed to make a painting again, beside its doodle or photo.

    ``maker``: program and version; ``style``: a pack's id; ``title``: e.g. "The Starry Night";
    ``source``: where the style comes from, in the words of its pack; ``look``: how it was painted,
    if it was a photo; ``photo``, ``settings``: fingerprints of that photo's file, and of all that
    it was painted with; ``by``: what painted a doodle, "network" or "strokes", empty where nobody
    said; ``stroke``: size of these strokes; ``what``: what a picture shows that is no painting.
    Without a pack ``style`` is empty and ``title`` names the painting's file.
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
        """All of it in one line."""
        if self.what:
            return f"{_MADE} {self.maker}: {self.what}"
        how = ", refined" if self.refined else ""
        facts = {**self._looks(), **self._painted_by()}
        how += "".join(f", {name} {text}" for name, text in facts.items())
        title = f" ({self.title})" if self.title else ""
        what = f"style {self.style}{title}" if self.style else f"after {self.title}"
        return f"{_MADE} {self.maker}: {what}, seed {self.seed}, scale {self.scale}{how}"

    def texts(self) -> dict[str, str]:
        """Key and text, as PNG keeps them."""
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
        """What a photo's look says beyond style and seed."""
        if self.look is None:
            return {}
        second = {"second": self.look.second or "", "blend": f"{self.look.blend:g}"}
        return {
            "strength": f"{self.look.strength:g}",
            "stroke": f"{self.look.stroke:g}",
            "colours": self.look.colours,
            **(second if self.look.blend else {}),
            **({"photo": self.photo, "settings": self.settings} if self.photo else {}),
        }

    def _painted_by(self) -> dict[str, str]:
        """What painted a doodle, and the size of its strokes."""
        size = {"stroke": f"{self.stroke:g}"} if self.by == "strokes" else {}
        return {"by": self.by, **size} if self.by else {}

    def xmp(self) -> bytes:
        """The same as an XMP packet, which JPEG, WebP and TIFF keep."""
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
    """Of a picture that is no painting, such as "regions over their painting"."""
    return Provenance("Daub", "", 0, what=what)


def told_by(path: Path) -> str:
    """The sentence that a picture's file says about its making; empty if Daub did not make it."""
    try:
        with reading(path), Image.open(path) as image:
            told = _told(image)
    except Exception:  # whatever it is, it is no painting of ours
        return ""
    return told if told.startswith((f"{_MADE} Daub ", f"{_MADE} Daub:")) else ""


def _told(image: Image.Image) -> str:
    """What PNG calls Comment and GIF comment, or what its EXIF describes."""
    told: Any = image.info.get("Comment") or image.info.get("comment", "")
    if not told and image.format != "PNG":  # of which Pillow decodes all pixels for its EXIF
        told = image.getexif().get(ExifTags.Base.ImageDescription, "")
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
