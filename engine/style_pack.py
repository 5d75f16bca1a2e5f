"""Style packs: folders with ``style.toml``, generator weights and targets; read and validated."""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from safetensors import SafetensorError
from safetensors.torch import load

from engine.descriptor import Descriptor
from engine.errors import EngineError
from engine.flow import NEUTRAL, RegionFlow
from engine.generator import MAX_REGIONS, Generator
from engine.losses.style import StyleTargets
from engine.targets import WholeTargets, fingerprint, unpacked, whole_painting
from engine.tiles import LEVELS
from engine.training.regions import REGIONS, load_region_map
from resources.materials import materials

BUILT_IN = Path(__file__).parent.parent / "styles"
"""Folder of the packs that ship with Daub."""

LARGEST_TOML = 2**16

FORMAT = 1
"""Newest ``style.toml`` format that this engine reads."""

_FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
_Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Region(_Strict):
    """One part of the painting and the materials it serves."""

    name: str
    materials: tuple[str, ...]
    colour: _Colour

    @model_validator(mode="after")
    def _known(self) -> "Region":
        unknown = set(self.materials) - {material.key for material in materials()}
        if unknown:
            raise ValueError(f"region {self.name} serves unknown material {min(unknown)}")
        return self


class Weights(_Strict):
    """A weights file beside ``style.toml`` and what it must hash to."""

    file: _FileName
    sha256: _Sha256
    levels: Literal[LEVELS]  # type: ignore[valid-type]
    halo: Annotated[int, Field(ge=0)]


class Targets(_Strict):
    """The painting's statistics for Refine, and the descriptor that they were taken with."""

    file: _FileName
    sha256: _Sha256
    descriptor: str
    descriptor_sha256: _Sha256
    width: Annotated[int, Field(ge=1)]


class StylePack(_Strict):
    """What ``style.toml`` says."""

    format: Annotated[int, Field(ge=1)]
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str
    artist: str
    year: str
    credit: str
    licence: str
    region: Annotated[tuple[Region, ...], Field(min_length=1, max_length=MAX_REGIONS)]
    generator: Weights | None = None
    targets: Targets | None = None
    training: dict[str, str | int | float] = Field(default_factory=dict)
    quality: dict[str, str | int | float] = Field(default_factory=dict)


def read_pack(folder: Path) -> StylePack:
    """Validate ``folder/style.toml``. Raises EngineError with one sentence naming the file."""
    path = folder / "style.toml"
    try:
        entries = _parsed(path)
    except FileNotFoundError as error:
        raise EngineError(f"{path} does not exist.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EngineError(f"{path} cannot be read: {error}.") from error
    if isinstance(entries.get("format"), int) and entries["format"] > FORMAT:
        raise EngineError(f"{path} has format {entries['format']}; this Daub reads up to {FORMAT}.")
    try:
        pack = StylePack(**entries)
    except ValidationError as error:
        raise EngineError(f"{path}: {_first_problem(error)}.") from error
    if pack.id != folder.name:
        raise EngineError(f"{path} has the id {pack.id}, its folder is called {folder.name}.")
    return pack


def _parsed(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        content = file.read(LARGEST_TOML + 1)
    # tomllib takes minutes for a key of very many parts, and falls over very deep arrays.
    if len(content) > LARGEST_TOML or any(line.count(b".") > 200 for line in content.split(b"\n")):
        raise EngineError(f"{path} cannot be read: it is larger than any style needs.")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except RecursionError as error:
        raise EngineError(f"{path} cannot be read: it is nested too deeply.") from error


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    return f"{where or 'the file'}: {problem['msg']}"


def read_generator(folder: Path, pack: StylePack) -> Generator:
    """The pack's generator, float32 on the CPU. Raises EngineError naming the weights file."""
    if pack.generator is None:
        raise EngineError(f"{folder} is not trained yet; daub train {folder} does it.")
    path = folder / pack.generator.file
    weights = _declared(path, pack.generator.sha256)
    model = Generator()
    try:
        model.load_state_dict({key: value.float() for key, value in load(weights).items()})
    except (SafetensorError, RuntimeError, OSError) as error:
        reason = str(error).strip().splitlines()[-1].strip().rstrip(".")
        raise EngineError(f"{path} does not hold a doodle generator: {reason}.") from error
    if not all(torch.isfinite(value).all() for value in model.state_dict().values()):
        raise EngineError(f"{path} holds weights that are not finite numbers.")
    return model.eval()


def _declared(path: Path, sha256: str) -> bytes:
    """The content of a pack's file. Raises EngineError when it is not what style.toml declares."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EngineError(f"{path} cannot be read: {error.strerror}.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EngineError(f"{path} is not the file that style.toml describes (sha256 differs).")
    return content


def read_targets(folder: Path, pack: StylePack, descriptor: Descriptor) -> list[StyleTargets]:
    """The painting's statistics under ``descriptor``, one mapping per scale of Refine.

    Raises EngineError when the pack has none, has them under another descriptor, or the file is
    not what it should be.
    """
    if pack.targets is None:
        raise EngineError(f"{folder} has no targets for Refine; daub targets {folder} makes them.")
    if pack.targets.descriptor_sha256 != fingerprint(descriptor):
        raise EngineError(
            f"{folder} has targets under the descriptor {pack.targets.descriptor}, not under "
            f"{descriptor.name}; daub targets {folder} makes others."
        )
    path = folder / pack.targets.file
    try:
        return unpacked(load(_declared(path, pack.targets.sha256)), len(pack.region))
    except (SafetensorError, ValueError) as error:
        raise EngineError(f"{path} holds no targets: {error}.") from error


def served_by(pack: StylePack) -> dict[str, str]:
    """Material key -> name of the region that paints it.

    A material without a region of its own falls back along its chain, in the end to the first
    region.
    """
    own = {key: region.name for region in pack.region for key in region.materials}
    served = {}
    for material in materials():
        chain = (material.key, *material.fallback)
        served[material.key] = next((own[key] for key in chain if key in own), pack.region[0].name)
    return served


def region_table(pack: StylePack) -> np.ndarray:
    """(256,) uint8 from material id to region number, so that ``table[labels]`` is the mask."""
    numbers = {region.name: number for number, region in enumerate(pack.region)}
    table = np.zeros(256, np.uint8)
    for material in materials():
        table[material.id] = numbers[served_by(pack)[material.key]]
    return table


def region_flows(pack: StylePack) -> tuple[RegionFlow, ...]:
    """Return the flow of each region by number, NEUTRAL for those that declare none."""
    return tuple(getattr(region, "flow", None) or NEUTRAL for region in pack.region)


def region_shares(folder: Path, pack: StylePack) -> list[float]:
    """Each region's part of the painting, by the pack's region map; without one all are alike.

    Raises EngineError when the map cannot be read.
    """
    path = folder / REGIONS
    if not path.exists():
        return [1.0] * len(pack.region)
    counts = np.bincount(load_region_map(path).ravel(), minlength=256)
    return [float(count) + 1 for count in counts[: len(pack.region)]]


def read_whole(folder: Path, pack: StylePack, descriptor: Descriptor) -> list[WholeTargets]:
    """The statistics of all of the painting; raises EngineError as its parts do."""
    return whole_painting(read_targets(folder, pack, descriptor), region_shares(folder, pack))


def edition(pack: StylePack) -> str:
    """A hash that changes whenever the pack paints anything differently; empty when untrained."""
    if pack.generator is None:
        return ""
    return hashlib.sha256(pack.generator.sha256.encode() + region_table(pack).tobytes()).hexdigest()


def pack_folders(places: Iterable[Path]) -> Iterator[Path]:
    """Every folder that holds a ``style.toml``, by name; the first of two with one name wins."""
    seen: set[str] = set()
    for place in places:
        for path in sorted(place.glob("*/style.toml")):
            if path.parent.name not in seen:
                seen.add(path.parent.name)
                yield path.parent
