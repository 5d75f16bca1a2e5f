"""Check a style pack's files against its ``style.toml``, for ``daub styles --check``."""

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from engine.descriptors.descriptor import Descriptor
from engine.doodle.files import read_doodle
from engine.doodle.generator import (
    Generator,
    canvas_window,
    field_levels,
    labels_window,
    paint_in_field,
)
from engine.errors import EngineError
from engine.flow.base import COARSEST
from engine.image import open_image, open_picture
from engine.packs.borrowing import FindPack, beside, default_loans
from engine.packs.pack_writer import THUMBNAIL, halo
from engine.packs.painting import LARGEST_PAINTING, read_painting
from engine.packs.quality import FIGURES, TOLERANCE, measure
from engine.packs.region_map import REGIONS, load_region_map
from engine.packs.style_info import style_info
from engine.packs.style_pack import (
    StylePack,
    read_generator,
    read_pack,
    read_targets,
    unchecked_targets,
)
from engine.tiles import Window
from resources.materials import materials

UNASSIGNED = 255
"""Value of a region map's pixels that belong to no region."""

LARGEST_THUMBNAIL = 4_000_000
"""Largest thumbnail in pixels of a pack from elsewhere; the UI thread decodes it."""

LARGEST_STARTER = 16_000_000
"""Largest starter doodle in pixels of a pack from elsewhere."""

Check = Callable[[Path, StylePack, Descriptor], Iterable[str]]


def problems(folder: Path, descriptor: Descriptor, figures: bool = True) -> list[str]:
    """Return the problems of the pack ``folder``, as sentences that name the file.

    ``descriptor``: the one that targets and figures must belong to. ``figures``: also measure the
    table ``[quality]`` again, which takes most of the time; only if there are no other problems.
    """
    try:
        pack = read_pack(folder)
    except EngineError as error:
        return [str(error)]
    found = [sentence for check in CHECKS for sentence in _run(check, folder, pack, descriptor)]
    if found or not figures or not _has_network(pack):
        return found
    return _run(_quality, folder, pack, descriptor)


def damage(folder: Path, find: FindPack) -> list[str]:
    """Return why a pack from elsewhere cannot be used, as sentences that name the file.

    Other than ``problems`` this accepts what a style can do without: regions for every material,
    statistics for this descriptor, a starter doodle. ``find``: finds styles to borrow from.
    """
    try:
        pack = read_pack(folder)
        found = [*_unknown_loans(folder / "style.toml", pack, find), *_painting(folder, pack)]
        if pack.generator is not None:
            read_generator(folder, pack)
        if pack.targets is not None:
            unchecked_targets(folder, pack, pack.targets)
        for path in folder.glob("starter*.png"):
            open_picture(path, LARGEST_STARTER)
            read_doodle(path)
        if (folder / THUMBNAIL).exists():
            open_picture(folder / THUMBNAIL, LARGEST_THUMBNAIL)
        if (folder / REGIONS).exists():
            load_region_map(folder / REGIONS)
    except EngineError as error:
        return [str(error)]
    problem = style_info(folder).problem
    return [*found, *([problem] if problem else [])]


def _run(check: Check, folder: Path, pack: StylePack, descriptor: Descriptor) -> list[str]:
    try:
        return list(check(folder, pack, descriptor))
    except EngineError as error:
        return [str(error)]


def _has_network(pack: StylePack) -> bool:
    """Return whether the pack must have a network: it has one, or has no painting."""
    return pack.generator is not None or pack.painting is None


def _credit(folder: Path, pack: StylePack, _: Descriptor) -> Iterator[str]:
    """Check that there is a credit line: the work's collection and its public domain status."""
    if not pack.credit.strip():
        yield f"{folder / 'style.toml'} has an empty credit line."


def _materials(folder: Path, pack: StylePack, _: Descriptor) -> Iterator[str]:
    """Check that every material is painted by exactly one region, by a fallback, or by a loan."""
    path = folder / "style.toml"
    own = [key for region in pack.region for key in region.materials]
    lent = {} if _has_network(pack) else default_loans(pack) | pack.borrow
    for region in pack.region:
        if not region.materials:
            yield f"{path}: the region {region.name} paints no material."
    for material in materials():
        if own.count(material.key) > 1:
            yield f"{path}: more than one region paints {material.key}."
        if not {material.key, *material.fallback} & set(own) and material.key not in lent:
            chain = ", ".join(material.fallback)
            yield f"{path}: no region paints {material.key} or its fallbacks {chain}."


def _regions(folder: Path, pack: StylePack, _: Descriptor) -> Iterator[str]:
    """Check that the region map contains the regions that style.toml lists, and no others.

    Only training needs this map; strokes, and training from strokes, have that of the painting.
    """
    path = folder / REGIONS
    if pack.painting is not None and not path.exists():
        return
    numbers = set(np.unique(load_region_map(path)).tolist()) - {UNASSIGNED}
    beyond = [number for number in numbers if number >= len(pack.region)]
    if beyond:
        yield f"{path} has a region {max(beyond)}; style.toml lists 0 to {len(pack.region) - 1}."
    for number, region in enumerate(pack.region):
        if number not in numbers:
            yield f"{path} does not contain the region {region.name}."


def _painting(folder: Path, pack: StylePack, _: Descriptor | None = None) -> Iterator[str]:
    """Check the checksums and sizes of the painting, region map and avoid mask."""
    if pack.painting is None:
        return
    path, painting = folder / pack.painting.file, read_painting(folder, pack)
    size = path.stat().st_size
    if size > LARGEST_PAINTING:
        yield f"{path} has {size / 1000:.0f} KB; the limit is {LARGEST_PAINTING // 1000} KB."
    usable = painting.regions_drawn & ~painting.avoid
    for number, region in enumerate(pack.region):
        if not (usable & (painting.regions == number)).any():
            yield f"{path} does not contain the region {region.name} outside the avoid mask."


def _borrowed(folder: Path, pack: StylePack, _: Descriptor) -> Iterator[str]:
    """Check that the regions which are borrowed exist, in styles with paintings."""
    yield from _unknown_loans(folder / "style.toml", pack, beside(folder))


def _unknown_loans(path: Path, pack: StylePack, find: FindPack) -> Iterator[str]:
    for key, loan in pack.borrow.items():
        if not loan.style:
            continue  # reading the pack has checked it
        try:
            lender = read_pack(find(loan.style))
        except EngineError:
            yield f"{path} borrows {key} from {loan.style}, which does not exist."
            continue
        if lender.painting is None:
            yield f"{path} borrows {key} from {loan.style}, which has no painting."
        if loan.region and loan.region not in [region.name for region in lender.region]:
            yield f"{path} borrows {key} from {loan.style}, which has no region {loan.region}."


def _generator(folder: Path, pack: StylePack, _: Descriptor) -> Iterator[str]:
    """Check the checksum of the weights and how far a label influences pixels."""
    if not _has_network(pack):
        return
    model = read_generator(folder, pack)
    assert pack.generator is not None
    path, declared = folder / "style.toml", pack.generator.halo
    if declared != halo():
        yield f"{path} declares a halo of {declared} pixels; it must be {halo()}."
    changed = changed_beyond(model, declared)
    if changed:
        yield f"{path}: labels changed {changed} pixels beyond the halo of {declared} pixels."


def changed_beyond(model: Generator, reach: int) -> int:
    """Count the pixels of a 64 x 64 window that depend on labels more than ``reach`` pixels away.

    The flow field stays the same: through it labels reach FIELD_REACH farther with every generator.
    All labels farther away than ``reach`` are changed at once. If no pixel changes, no single label
    reaches farther; and in 8-bit pixels this is easier to detect than the effect of one label.
    """
    margin = -(-reach // COARSEST) * COARSEST + 8 * COARSEST
    window = Window(margin, margin, margin + 64, margin + 64)
    covers, around = canvas_window(window), labels_window(window)
    fields = field_levels(np.zeros((around.height, around.width), np.uint8), window, 0)
    regions = np.zeros((covers.height, covers.width), np.uint8)
    changed = np.ones_like(regions)
    near = window.grown(reach).clipped(covers)
    changed[near.within(covers)] = 0
    before, after = (paint_in_field(model, part, fields, window) for part in (regions, changed))
    return int((before != after).any(-1).sum())


def _targets(folder: Path, pack: StylePack, descriptor: Descriptor) -> Iterator[str]:
    """Check the checksum of the targets, and that they contain every region."""
    if pack.targets is None and not _has_network(pack):
        return
    finest = read_targets(folder, pack, descriptor)[0]
    assert pack.targets is not None
    for number, region in enumerate(pack.region):
        if not any(of == number for _, of in finest):
            yield f"{folder / pack.targets.file} does not contain the region {region.name}."


def _starters(folder: Path, _: StylePack, __: Descriptor) -> Iterator[str]:
    """Check that there is a starter doodle, and that all starters contain known materials only."""
    starters = sorted(folder.glob("starter*.png"))
    if not starters:
        yield f"{folder / 'starter.png'} does not exist."
    for path in starters:
        read_doodle(path)


def _thumbnail(folder: Path, _: StylePack, __: Descriptor) -> Iterable[str]:
    open_image(folder / THUMBNAIL)
    return ()


def _quality(folder: Path, pack: StylePack, descriptor: Descriptor) -> Iterator[str]:
    """Check that the declared figures equal those measured again."""
    path, measured = folder / "style.toml", measure(folder, descriptor)
    for name in FIGURES:
        value, declared = getattr(measured, name), pack.quality.get(name)
        if value is None:
            continue
        if not isinstance(declared, int | float):
            yield f"{path} has no {name} in [quality]; daub styles {folder} --measure writes it."
        elif not math.isclose(value, declared, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            yield f"{path} declares {name} = {declared}; the measured value is {value:.3f}."


CHECKS: tuple[Check, ...] = (
    _credit, _materials, _regions, _painting, _borrowed, _generator, _targets, _starters,
    _thumbnail,
)  # fmt: skip
"""All fast checks, in the order of the reports."""
