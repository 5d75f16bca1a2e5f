"""Validated entries that document files and journals share."""

from dataclasses import asdict, fields
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.document import brushwork
from app.document.brushwork import Brushwork, Meaning
from app.document.photo import BROADEST, FINEST, FIRST_LOOK, PhotoLook
from resources.materials import materials, materials_by_id


def _known(material: int) -> int:
    if material not in materials_by_id():
        raise ValueError(f"there is no material {material}")
    return material


MaterialId = Annotated[int, AfterValidator(_known)]
"""Id of a material, including the photo materials."""

Id = Annotated[str, Field(max_length=200)]
"""Id of a style, or name of a region."""

Share = Annotated[float, Field(ge=0, le=1)]


Corner = Annotated[float, Field(ge=-(2**20), le=2**20)]
Length = Annotated[float, Field(ge=2**-10, le=2**20)]
"""Coordinates and sizes, in canvas pixels, of pictures that may extend beyond the canvas."""


class Entry(BaseModel):
    """Part of a file. Unknown keys are ignored: a newer Daub may have written them."""

    model_config = ConfigDict(frozen=True, strict=True)


_LOOK = {field.name for field in fields(PhotoLook)}


class Look(Entry):
    """A PhotoLook in a file."""

    strength: Share = 1.0
    second: Id | None = None
    blend: Share = 0.0
    stroke: Annotated[float, Field(ge=FINEST, le=BROADEST)] = 1.0
    colours: Literal["style", "luminance", "statistics"] = "style"
    by: Literal["strokes", "network"] = "network"  # all that older versions had
    detail: Share = FIRST_LOOK.detail
    freedom: Share = FIRST_LOOK.freedom
    shapes: Share = FIRST_LOOK.shapes

    @property
    def value(self) -> PhotoLook:
        """The PhotoLook of this entry; `blend` is 0 without a second style."""
        blend = self.blend if self.second is not None else 0.0
        return PhotoLook(**{**self.model_dump(include=_LOOK), "blend": blend})


class MeaningEntry(Entry):
    """A Meaning in a file."""

    style: Id
    material: MaterialId
    lender: Id
    region: Id
    tint: Annotated[str, Field(pattern=r"^(#[0-9a-f]{6})?$")] = ""


class BrushworkEntry(Entry):
    """A Brushwork in a file."""

    stroke: Annotated[float, Field(ge=brushwork.FINEST, le=brushwork.BROADEST)] = 1.0
    meanings: Annotated[tuple[MeaningEntry, ...], Field(max_length=1000)] = ()

    @classmethod
    def of(cls, value: Brushwork) -> "BrushworkEntry":
        """Return the entry of a Brushwork."""
        meanings = tuple(MeaningEntry(**asdict(meaning)) for meaning in value.meanings)
        return cls(stroke=value.stroke, meanings=meanings)

    @property
    def value(self) -> Brushwork:
        """The Brushwork of this entry."""
        meanings = (Meaning(**meaning.model_dump()) for meaning in self.meanings)
        return Brushwork(self.stroke, tuple(meanings))


def fitting_background(material: int, over_photo: bool) -> int:
    """Return the background material, replacing a photo material by 0 without a photo."""
    return material if over_photo or material < len(materials()) else 0
