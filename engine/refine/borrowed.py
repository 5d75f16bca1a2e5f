"""Refine a doodle or photo whose painting has borrowed or tinted materials.

The targets are those of the painting's own regions. So Refine works in the colours of the regions
that paint such materials, and its pictures are moved to theirs, as the network's are. Without this
it would paint them in the regions' own colours.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from engine.doodle.recolouring import Recolouring
from engine.refine.request import RefineRequest, RefineStep


def in_own_colours(
    request: RefineRequest, recolouring: Recolouring, numbers: np.ndarray
) -> RefineRequest:
    """Return a request whose start has the colours of the network's regions.

    ``numbers``: (H, W) uint8, what paints every pixel.
    """
    if request.start is None:
        return request
    return replace(request, start=recolouring.inverse().picture(request.start, numbers))


def recoloured(
    steps: Iterator[RefineStep],
    request: RefineRequest,
    recolouring: Recolouring,
    numbers: np.ndarray,
) -> Iterator[RefineStep]:
    """Yield the steps with their pictures in the colours of what is borrowed or tinted.

    ``request``: the one before ``in_own_colours``; outside its selection the start stays.
    """
    for step in steps:
        if step.image is None:
            yield step
            continue
        image = recolouring.picture(step.image, numbers)
        if request.selection is not None and request.start is not None:
            outside = request.selection == 0
            image[outside] = request.start[outside]
        image.flags.writeable = False
        yield replace(step, image=image)
