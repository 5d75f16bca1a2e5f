"""Refine a photo: content, style and variation (Gatys et al. 2016), by region where painted over.

Works like Refine on a doodle, with the same losses and optimiser, and an additional content loss on
the descriptor's features of the photo (``engine.losses.content``). Where a material is painted over
the photo, the statistics of its region apply, elsewhere those of the whole painting.

Tried without success: finding a region for every part of the photo by colour, descriptor and
height. Skies improved, but regions have little contrast: faces became flat and lost their colours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from engine.descriptors.descriptor import Between, Descriptor, nothing
from engine.errors import EngineError
from engine.losses.statistics import StyleTargets
from engine.packs.targets import WholeTargets, with_region
from engine.photo.composite import OverPhoto
from engine.photo.painter import working_size
from engine.photo.pixels import matching, resized, with_light_of
from engine.refine.request import RefineRequest, RefineStep
from engine.refine.run import refine
from resources.materials import KEEP, PHOTO


def refine_photo(
    request: RefineRequest,
    descriptor: Descriptor,
    targets: Sequence[StyleTargets],
    whole: Sequence[WholeTargets],
    table: np.ndarray,
    between: Between = nothing,
    half: bool = False,
) -> Iterator[RefineStep]:
    """Refine a photo's painting; other arguments as in ``engine.refine.run.refine``.

    ``request.labels``: PHOTO where only the photo is, KEEP where it stays unchanged, and elsewhere
    the material to paint there; in those places the content is that of the start, which already
    shows the material. Without a start the photo itself is the start. ``whole``: the statistics of
    the whole painting. Raises EngineError, before any work, for a bad request.

    The photo is refined at the photo network's working resolution, so that strokes are as large as
    in its painting. The change is then enlarged and added to the start.
    """
    request.check()
    wanted = _prepared(request)
    work = _at_work(wanted)
    inputs = with_whole(targets, whole, table)
    steps = refine(work, descriptor, *inputs, between=between, half=half)
    return (_finished(step, request, wanted, work) for step in steps)


def with_whole(
    targets: Sequence[StyleTargets], whole: Sequence[WholeTargets], table: np.ndarray
) -> tuple[list[StyleTargets], np.ndarray]:
    """Return targets and table with the whole painting as one more region, for PHOTO and KEEP."""
    table = table.copy()
    table[[PHOTO, KEEP]] = number = int(table.max()) + 1
    return with_region(targets, number, whole), table


def _prepared(request: RefineRequest) -> RefineRequest:
    """Return the request with a start, the content picture, and a selection without kept parts."""
    photo, kept = request.photo, request.labels == KEEP
    assert photo is not None
    start = photo if request.start is None else request.start
    painted = ~kept & (request.labels != PHOTO)
    content = np.where(painted[..., None], start, photo) if painted.any() else photo
    if not kept.any():
        return replace(request, start=start, photo=content)
    selection = _without(request.selection, request.labels)
    if not selection.any():
        raise EngineError("Everything selected is kept as it is: there is nothing to refine.")
    start = np.where(kept[..., None], photo, start)
    return replace(request, start=start, photo=content, selection=selection)


def _without(selection: np.ndarray | None, labels: np.ndarray) -> np.ndarray:
    """Return the selection without kept parts, (H, W) uint8, with the painting's soft edges."""
    over = OverPhoto(labels)
    free = 255 - over.kept(over.bounds)
    if selection is None:
        return free
    share = selection.astype(np.float32) / (1 if selection.dtype == np.bool_ else 255)
    return np.rint(free * share).astype(np.uint8)


def _at_work(request: RefineRequest) -> RefineRequest:
    """Return the request at the working resolution, or unchanged if the photo is smaller."""
    height, width = request.labels.shape
    size = working_size(width, height, request.look.stroke if request.look else 1.0)
    if size[0] >= width or size[1] >= height:
        return request
    assert request.start is not None
    assert request.photo is not None
    selection = request.selection
    if selection is not None:
        selection = selection.astype(np.uint8) * (255 if selection.dtype == np.bool_ else 1)
        selection = cv2.resize(selection, size, interpolation=cv2.INTER_AREA)
    return replace(
        request,
        labels=cv2.resize(request.labels, size, interpolation=cv2.INTER_NEAREST),
        start=resized(request.start, size),
        photo=resized(request.photo, size),
        selection=selection,
    )


def _finished(
    step: RefineStep, request: RefineRequest, wanted: RefineRequest, work: RefineRequest
) -> RefineStep:
    """Return the step with its image at full size, in the look's colours and the selection only."""
    if step.image is None:
        return step
    assert request.photo is not None
    assert wanted.start is not None
    assert work.start is not None
    image = step.image
    if image.shape != wanted.start.shape:
        change = image.astype(np.float32) - work.start
        large = cv2.resize(change, wanted.start.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        image = np.rint(wanted.start + large).clip(0, 255).astype(np.uint8)
    if request.look is not None and request.look.colours != "style":
        coloured = _coloured(image, request.photo, request.look.colours)
        image = np.where((request.labels == PHOTO)[..., None], coloured, image)
    if image is not step.image and wanted.selection is not None:
        image = np.where(wanted.selection[..., None] > 0, image, wanted.start)
    image.flags.writeable = False
    return replace(step, image=image)


def _coloured(image: np.ndarray, photo: np.ndarray, colours: str) -> np.ndarray:
    """Return (H, W, 3) uint8 with the photo's chrominance, or its colour mean and covariance."""
    if colours == "luminance":
        return with_light_of(image, photo)
    return matching(image, photo).applied(image)
