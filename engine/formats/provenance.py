"""How a picture was made, for its file to say."""

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from PIL import ExifTags, Image

from engine.values import PhotoLook


@dataclass(frozen=True)
class Provenance:
    """All that is needed to make a painting again, beside its doodle or photo.

    ``maker``: program and version; ``style``: a pack's id; ``title``: e.g. "The Starry Night";
    ``source``: where the style comes from, in the words of its pack; ``look``: how it was painted,
    if it was a photo; ``photo``, ``settings``: fingerprints of that photo's file, and of all that
    it was painted with; ``by``: what painted a doodle, "network" or "strokes", empty where nobody
    said; ``stroke``: size of these strokes.
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

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        how = ", refined" if self.refined else ""
        facts = {**self._looks(), **self._painted_by()}
        how += "".join(f", {name} {text}" for name, text in facts.items())
        title = f" ({self.title})" if self.title else ""
        what = f"style {self.style}{title}" if self.style else f"after {self.title}"
        return f"Made with {self.maker}: {what}, seed {self.seed}, scale {self.scale}{how}"

    def texts(self) -> dict[str, str]:
        """Key and text, as PNG keeps them."""
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


def told_by(path: Path) -> str:
    """The sentence that a picture's file says about its making; empty if Daub did not make it."""
    try:
        with Image.open(path) as image:
            exif = image.getexif().get(ExifTags.Base.ImageDescription)
            told = str(exif or image.info.get("Comment", ""))
    except Exception:  # whatever it is, it is no painting of ours
        return ""
    return told if told.startswith("Made with Daub ") else ""
