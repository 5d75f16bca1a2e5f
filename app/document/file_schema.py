"""Validated entries that document files and journals share."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.document.photo import BROADEST, FINEST, PhotoLook
from resources.materials import materials, materials_by_id


def _known(material: int) -> int:
    if material not in materials_by_id():
        raise ValueError(f"there is no material {material}")
    return material


MaterialId = Annotated[int, AfterValidator(_known)]
"""Id of a material, including the photo materials."""

Id = Annotated[str, Field(max_length=200)]
"""Id of a style."""

Share = Annotated[float, Field(ge=0, le=1)]


Corner = Annotated[float, Field(ge=-(2**20), le=2**20)]
Length = Annotated[float, Field(ge=2**-10, le=2**20)]
"""Coordinates and sizes, in canvas pixels, of pictures that may extend beyond the canvas."""


class Entry(BaseModel):
    """Part of a file. Unknown keys are ignored: a newer Daub may have written them."""

    model_config = ConfigDict(frozen=True, strict=True)


class Look(Entry):
    """A PhotoLook in a file."""

    strength: Share = 1.0
    second: Id | None = None
    blend: Share = 0.0
    stroke: Annotated[float, Field(ge=FINEST, le=BROADEST)] = 1.0
    colours: Literal["style", "luminance", "statistics"] = "style"

    @property
    def value(self) -> PhotoLook:
        """The PhotoLook of this entry; `blend` is 0 without a second style."""
        blend = self.blend if self.second is not None else 0.0
        return PhotoLook(self.strength, self.second, blend, self.stroke, self.colours)


def fitting_background(material: int, over_photo: bool) -> int:
    """Return the background material, replacing a photo material by 0 without a photo."""
    return material if over_photo or material < len(materials()) else 0
