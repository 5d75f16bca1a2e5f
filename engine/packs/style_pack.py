"""Read style packs: folders with ``style.toml``, weights, targets and the painting."""

import hashlib
import re
import tomllib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from safetensors import SafetensorError
from safetensors.torch import load

from engine.descriptors.descriptor import Descriptor
from engine.doodle.generator import MAX_REGIONS, Generator
from engine.errors import EngineError
from engine.files import unreadable
from engine.flow import NEUTRAL, RegionFlow
from engine.losses.statistics import StyleTargets
from engine.packs.region_map import REGIONS, load_region_map
from engine.packs.targets import WholeTargets, fingerprint, unpacked, whole_painting
from engine.requests import PaintedBy
from engine.tiles import LEVELS
from resources.materials import EDGES, edges, materials

BUILT_IN = Path(__file__).parents[2] / "styles"
"""Folder of the packs that ship with Daub."""

LARGEST_TOML = 2**16

DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
"""Names that Windows has for devices, which no file can have there."""

FORMAT = 2
"""Newest ``style.toml`` format that this engine reads. Format 1 has no painting."""

STROKE_WIDTH = 896
"""Default canvas width in pixels that a painting's width corresponds to at stroke size 1."""

_FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
_Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Weight = Annotated[int, Field(ge=0, le=255)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Region(_Strict):
    """A region of the painting, the materials it paints and the flow of its brush strokes."""

    name: str
    materials: tuple[str, ...]
    colour: _Colour
    flow: RegionFlow | None = None

    @model_validator(mode="after")
    def _known(self) -> "Region":
        unknown = _unknown(self.materials)
        if unknown:
            raise ValueError(f"region {self.name} has the unknown material {unknown}")
        return self


def _unknown(keys: Iterable[str]) -> str | None:
    """Return the first unknown material key in alphabetical order; None if all are known."""
    return min(set(keys) - {material.key for material in materials()}, default=None)


class Weights(_Strict):
    """The generator's weights file and its checksum, pyramid levels and halo in pixels."""

    file: _FileName
    sha256: _Sha256
    levels: Literal[LEVELS]  # type: ignore[valid-type]
    halo: Annotated[int, Field(ge=0)]


class Targets(_Strict):
    """The file of the painting's statistics for Refine, and the descriptor it belongs to."""

    file: _FileName
    sha256: _Sha256
    descriptor: str
    descriptor_sha256: _Sha256
    width: Annotated[int, Field(ge=1)]


class Painting(_Strict):
    """The files of the painting, its region map and its avoid mask, with their checksums.

    ``avoid``: a picture of the painting's size that is white where nothing may be copied.
    """

    file: _FileName
    sha256: _Sha256
    map: _FileName = REGIONS
    map_sha256: _Sha256
    avoid: _FileName | None = None
    avoid_sha256: _Sha256 | None = None

    @model_validator(mode="after")
    def _avoid_is_whole(self) -> "Painting":
        if (self.avoid is None) != (self.avoid_sha256 is None):
            raise ValueError("avoid and avoid_sha256 must be given together")
        return self


class StrokeDefaults(_Strict):
    """Default settings for painting with strokes in this style.

    ``width`` 64-2048: canvas width in pixels that the painting's width corresponds to at stroke
    size 1. ``uniformity`` 0-1000: penalty for copying the same places again; ``coherence`` 0-1000:
    penalty for copying neighbours from different places. 100 suits most paintings. The others are
    the weights of the guides, 0-255, in units of the colours' 0-255.
    """

    width: Annotated[int, Field(ge=64, le=2048)] = STROKE_WIDTH
    uniformity: Annotated[int, Field(ge=0, le=1000)] = 100
    coherence: Annotated[int, Field(ge=0, le=1000)] = 100
    region: _Weight = 110
    distance: _Weight = 60
    direction: _Weight = 70
    streaks: _Weight = 70


class Loan(_Strict):
    """What paints a material with brush strokes, where the regions' own lists are not enough.

    ``style``: id of the style whose painting has them, empty for this one; ``region``: name of its
    region, empty for the one that paints the material there; ``tint``: colour that they are moved
    to. In ``style.toml`` a style's id alone stands for that style.
    """

    style: _Id | Literal[""] = ""
    region: str = ""
    tint: _Colour | Literal[""] = ""

    @model_validator(mode="before")
    @classmethod
    def _from_id(cls, value: object) -> object:
        return {"style": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_something(self) -> "Loan":
        if not (self.style or self.region):
            raise ValueError("style or region must be given")
        return self


class StylePack(_Strict):
    """The content of ``style.toml``.

    A pack paints with a network if it has a ``generator`` and with brush strokes if it has a
    ``painting``; with neither it is not trained yet. ``borrow``: material key -> what paints that
    material with brush strokes, mostly a region of another style. ``edges``: material key -> kind
    of its borders, one of EDGES, where it differs from ``resources/materials.toml``.
    """

    format: Annotated[int, Field(ge=1)]
    id: _Id
    title: str
    artist: str
    year: str
    credit: str
    licence: str
    region: Annotated[tuple[Region, ...], Field(min_length=1, max_length=MAX_REGIONS)]
    generator: Weights | None = None
    targets: Targets | None = None
    painting: Painting | None = None
    strokes: StrokeDefaults = Field(default_factory=StrokeDefaults)
    borrow: dict[str, Loan] = Field(default_factory=dict)
    edges: dict[str, Literal[EDGES]] = Field(default_factory=dict)  # type: ignore[valid-type]
    training: dict[str, str | int | float] = Field(default_factory=dict)
    quality: dict[str, str | int | float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> "StylePack":
        if self.format == 1 and (newer := self._newer_tables()):
            raise ValueError(f"{newer} needs format 2")
        if (unknown := _unknown(self.borrow)) is not None:
            raise ValueError(f"borrow has the unknown material {unknown}")
        if (unknown := _unknown(self.edges)) is not None:
            raise ValueError(f"edges has the unknown material {unknown}")
        names = {region.name for region in self.region}
        for key, loan in self.borrow.items():
            if loan.style == self.id:
                raise ValueError("borrow names the style itself")
            if not loan.style and loan.region not in names:
                raise ValueError(f"borrow paints {key} by the unknown region {loan.region}")
        return self

    def _newer_tables(self) -> str:
        """Return the names of everything in the file that format 1 does not allow."""
        tables = [
            name
            for name in ("painting", "strokes", "borrow", "edges")
            if name in self.model_fields_set
        ]
        flow = any(region.flow is not None for region in self.region)
        return ", ".join([*tables, *(["region.flow"] if flow else [])])


def read_pack(folder: Path) -> StylePack:
    """Read and validate ``folder/style.toml``. Raises EngineError naming the file."""
    path = folder / "style.toml"
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_TOML + 1)
    except OSError as error:
        raise unreadable(path, error) from error
    pack = parse_pack(content, path)
    if pack.id != folder.name:
        raise EngineError(f"{path} has the id {pack.id}, but its folder is {folder.name}.")
    return pack


def stamp(folder: Path) -> Hashable:
    """Return what differs once a pack was changed or replaced; None if there is no pack.

    Every change goes through ``style.toml``, which has the hashes of the other files.
    """
    try:
        found = (folder / "style.toml").stat()
    except OSError:
        return None
    return str(folder), found.st_ino, found.st_mtime_ns, found.st_size


def parse_pack(content: bytes, path: Path) -> StylePack:
    """Return what the content of a ``style.toml`` says. Raises EngineError naming ``path``."""
    # tomllib takes minutes for keys with very many parts, and fails on deeply nested arrays.
    if len(content) > LARGEST_TOML or any(line.count(b".") > 200 for line in content.split(b"\n")):
        raise EngineError(f"{path} cannot be read: it is too large.")
    try:
        entries = tomllib.loads(content.decode("utf-8"))
    except RecursionError as error:
        raise EngineError(f"{path} cannot be read: it is nested too deeply.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EngineError(f"{path} cannot be read: {error}.") from error
    if isinstance(entries.get("format"), int) and entries["format"] > FORMAT:
        raise EngineError(f"{path} has format {entries['format']}; this Daub reads up to {FORMAT}.")
    try:
        return StylePack(**entries)
    except (ValidationError, TypeError) as error:
        told = _first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise EngineError(f"{path}: {told}.") from error


def file_names(pack: StylePack) -> list[str]:
    """Return the names of the files that ``style.toml`` declares, besides itself."""
    painting = pack.painting
    names = [entry.file for entry in (pack.generator, pack.targets, painting) if entry is not None]
    if painting is not None:
        names += [name for name in (painting.map, painting.avoid) if name is not None]
    return names


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    return f"{where or 'the file'}: {problem['msg'].removeprefix('Value error, ')}"


def read_generator(folder: Path, pack: StylePack) -> Generator:
    """Read the pack's generator, float32 on the CPU. Raises EngineError naming the weights file."""
    if pack.generator is None:
        raise EngineError(f"{folder} is not trained yet; daub train {folder} trains it.")
    path = folder / pack.generator.file
    return generator_of(declared(path, pack.generator.sha256), path)


def generator_of(weights: bytes, path: Path) -> Generator:
    """Read a generator from the content of a file. Raises EngineError naming the file ``path``."""
    model = Generator()
    try:
        model.load_state_dict({key: value.float() for key, value in load(weights).items()})
    except (SafetensorError, RuntimeError, OSError) as error:
        reason = str(error).strip().splitlines()[-1].strip().rstrip(".")
        raise EngineError(f"{path} does not contain a doodle generator: {reason}.") from error
    if not all(torch.isfinite(value).all() for value in model.state_dict().values()):
        raise EngineError(f"{path} contains weights that are not finite numbers.")
    return model.eval()


def declared(path: Path, sha256: str, most: int | None = None) -> bytes:
    """Read a pack's file of at most ``most`` bytes and check its checksum.

    Raises EngineError when it is missing or too large, or not what style.toml declares.
    """
    try:
        if most is not None and path.stat().st_size > most:
            raise EngineError(f"{path} is larger than the limit of {most // 10**6} MB.")
        content = path.read_bytes()
    except OSError as error:
        raise EngineError(f"{path} cannot be read: {error.strerror}.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EngineError(f"{path} is not the file that style.toml describes (sha256 differs).")
    return content


def read_targets(folder: Path, pack: StylePack, descriptor: Descriptor) -> list[StyleTargets]:
    """Read the painting's statistics under ``descriptor``, one mapping per scale of Refine.

    Raises EngineError when the pack has none, they belong to another descriptor, or the file is
    invalid.
    """
    if pack.targets is None:
        raise EngineError(f"{folder} has no targets for Refine; daub targets {folder} adds them.")
    if pack.targets.descriptor_sha256 != fingerprint(descriptor):
        raise EngineError(
            f"{folder} has targets for the descriptor {pack.targets.descriptor}, not for "
            f"{descriptor.name}; daub targets {folder} replaces them."
        )
    return unchecked_targets(folder, pack, pack.targets)


def unchecked_targets(folder: Path, pack: StylePack, targets: Targets) -> list[StyleTargets]:
    """Read the pack's targets, whichever descriptor they belong to; see ``read_targets``."""
    path = folder / targets.file
    try:
        return unpacked(load(declared(path, targets.sha256)), len(pack.region))
    except (SafetensorError, ValueError) as error:
        raise EngineError(f"{path} does not contain targets: {error}.") from error


def served_by(pack: StylePack) -> dict[str, str]:
    """Return the name of the region that paints each material, by material key.

    A material without its own region uses the first of its fallbacks that has one, or else the
    first region.
    """
    own = {key: region.name for region in pack.region for key in region.materials}
    served = {}
    for material in materials():
        chain = (material.key, *material.fallback)
        served[material.key] = next((own[key] for key in chain if key in own), pack.region[0].name)
    return served


def region_table(pack: StylePack) -> np.ndarray:
    """Return (256,) uint8 from material id to region number; ``table[labels]`` gives regions."""
    numbers = {region.name: number for number, region in enumerate(pack.region)}
    table = np.zeros(256, np.uint8)
    for material in materials():
        table[material.id] = numbers[served_by(pack)[material.key]]
    return table


def meant_table(pack: StylePack, meanings: Mapping[int, PaintedBy]) -> np.ndarray:
    """Return ``region_table`` with the regions of this painting that ``meanings`` name, by id."""
    table = region_table(pack)
    numbers = {region.name: number for number, region in enumerate(pack.region)}
    for material, by in meanings.items():
        if by.style == pack.id and by.region in numbers:
            table[material] = numbers[by.region]
    return table


def edge_kinds(pack: StylePack) -> np.ndarray:
    """Return (256,) uint8 from material id to the kind of its borders, an index of EDGES."""
    kinds, chosen = np.zeros(256, np.uint8), edges() | pack.edges
    for material in materials():
        kinds[material.id] = EDGES.index(chosen.get(material.key, EDGES[0]))
    return kinds


def region_flows(pack: StylePack) -> tuple[RegionFlow, ...]:
    """Return the flow of each region by number, NEUTRAL for those that declare none."""
    return tuple(region.flow or NEUTRAL for region in pack.region)


def region_shares(folder: Path, pack: StylePack) -> list[float]:
    """Return each region's weight in pixels of the region map; without a map all are equal.

    A pack without the map of its training has that of its painting. Raises EngineError when the
    map cannot be read.
    """
    path = folder / REGIONS
    if not path.exists() and pack.painting is not None:
        path = folder / pack.painting.map
    if not path.exists():
        return [1.0] * len(pack.region)
    counts = np.bincount(load_region_map(path).ravel(), minlength=256)
    return [float(count) + 1 for count in counts[: len(pack.region)]]


def read_whole(folder: Path, pack: StylePack, descriptor: Descriptor) -> list[WholeTargets]:
    """Return the statistics of the whole painting; raises EngineError as ``read_targets`` does."""
    return whole_painting(read_targets(folder, pack, descriptor), region_shares(folder, pack))


def pack_folders(places: Iterable[Path]) -> Iterator[Path]:
    """Yield the folders with a ``style.toml``, sorted by name within each place.

    If two have the same name, only the first is returned.
    """
    seen: set[str] = set()
    for place in places:
        for path in sorted(place.glob("*/style.toml")):
            if path.parent.name not in seen:
                seen.add(path.parent.name)
                yield path.parent
