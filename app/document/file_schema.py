"""What document files and journals have in common: entries that are looked at before they count."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.document.photo import BROADEST, FINEST, PhotoLook
from resources.materials import materials, materials_by_id


def _known(material: int) -> int:
    if material not in materials_by_id():
        raise ValueError(f"there is no material {material}")
    return material


MaterialId = Annotated[int, AfterValidator(_known)]
"""A material of doodles or of photos."""

Id = Annotated[str, Field(max_length=200)]
"""A style's."""

Share = Annotated[float, Field(ge=0, le=1)]


Corner = Annotated[float, Field(ge=-(2**20), le=2**20)]
Length = Annotated[float, Field(ge=2**-10, le=2**20)]
"""Places of pictures that may reach over the canvas, in its pixels."""


class Entry(BaseModel):
    """Part of a file. What it holds besides is left for later Daubs."""

    model_config = ConfigDict(frozen=True, strict=True)


class Look(Entry):
    """A PhotoLook."""

    strength: Share = 1.0
    second: Id | None = None
    blend: Share = 0.0
    stroke: Annotated[float, Field(ge=FINEST, le=BROADEST)] = 1.0
    colours: Literal["style", "luminance", "statistics"] = "style"

    @property
    def value(self) -> PhotoLook:
        """As the document keeps it."""
        blend = self.blend if self.second is not None else 0.0
        return PhotoLook(self.strength, self.second, blend, self.stroke, self.colours)


def fitting_background(material: int, over_photo: bool) -> int:
    """The material to erase to; one of photos only where there is one."""
    return material if over_photo or material < len(materials()) else 0
