"""Make the documentation's pictures of photos, painted and refined, without a window."""

from pathlib import Path

import cv2
import numpy as np

from app.harness.docs_camera import Camera
from engine.studio import (
    PhotoLook,
    RefineRequest,
    Studio,
    captioned,
    contact_sheet,
    open_image,
)
from resources.materials import PHOTO

PHOTOS = Path("docs/photos")
CAT, ROCKET = PHOTOS / "cat.jpg", PHOTOS / "rocket.jpg"

PAIR_STYLES = ("starry-night", "water-lilies")
SHEET_COLUMNS, SHEET_WIDTH = 7, 240

REFINED_STYLE, REFINED_CONTENT, REFINED_QUALITY = "starry-night", 0.4, "good"


def photos(camera: Camera) -> None:
    """Show three photos, each painted in two styles."""
    studio, sides = Studio(), []
    for path in sorted(PHOTOS.glob("*.jpg")):
        photo = open_image(path)
        sides += [photo, *(painted_photo(studio, photo, style) for style in PAIR_STYLES)]
    camera.take("pair-photo", contact_sheet(sides, 1 + len(PAIR_STYLES), 400))


def photo_styles(camera: Camera) -> None:
    """Show each photo in every style that the photo network supports."""
    studio, cells = Studio(), []
    for path in sorted(PHOTOS.glob("*.jpg")):
        photo, styles = open_image(path), sorted(studio.photo_styles())
        cells.append(_cell(photo, path.stem))
        cells += [_cell(painted_photo(studio, photo, style, "network"), style) for style in styles]
        blank = -len(cells) % SHEET_COLUMNS  # start a new row for every photo
        cells += [np.full_like(cells[0], 255)] * blank
    camera.take("photo-styles", contact_sheet(cells, SHEET_COLUMNS, SHEET_WIDTH))


def photo_refined(camera: Camera) -> None:
    """Show a photo, its painting and the refined painting."""
    studio, photo = Studio(), open_image(ROCKET)
    painting = painted_photo(studio, photo, REFINED_STYLE, "network")
    request = RefineRequest(
        np.full(photo.shape[:2], PHOTO, np.uint8), REFINED_STYLE, start=painting,
        quality=REFINED_QUALITY, photo=photo, content=REFINED_CONTENT,
        look=PhotoLook(REFINED_STYLE),
    )  # fmt: skip
    images = [step.image for step in studio.refine(request) if step.image is not None]
    camera.take("photo-refined", contact_sheet((photo, painting, images[-1]), 3, photo.shape[1]))


def painted_photo(studio: Studio, photo: np.ndarray, style: str, by: str = "strokes") -> np.ndarray:
    """Paint a whole photo, (h, w, 3) uint8, in a style."""
    whole = (0, 0, photo.shape[1], photo.shape[0])
    return next(iter(studio.photo_windows(photo, PhotoLook(style, by=by), [whole])))[1]


def _cell(picture: np.ndarray, text: str) -> np.ndarray:
    height = round(picture.shape[0] * SHEET_WIDTH / picture.shape[1])
    small = cv2.resize(picture, (SHEET_WIDTH, height), interpolation=cv2.INTER_AREA)
    return captioned(small, text)
