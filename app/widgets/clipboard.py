"""Pictures and pieces of doodle as the system's clipboard and drags carry them."""

from itertools import chain

import numpy as np
from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QColorSpace, QImage

DOODLE_TYPE = "application/x-daub-doodle"


def image_of(rgb: np.ndarray) -> QImage:
    """H x W x 3 uint8 RGB -> an image of its own memory."""
    height, width = rgb.shape[:2]
    pixels = np.ascontiguousarray(rgb)
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def rgb_of(image: QImage) -> np.ndarray:
    """An image -> H x W x 3 uint8 RGB; what is transparent lies on white."""
    image = _in_srgb(image)
    if image.hasAlphaChannel():
        image = _on_white(image)
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    width, height = plain.width(), plain.height()
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(height, plain.bytesPerLine())
    return rows[:, : 3 * width].reshape(height, width, 3).copy()


def _in_srgb(image: QImage) -> QImage:
    space = image.colorSpace()
    if not space.isValid() or space == QColorSpace(QColorSpace.NamedColorSpace.SRgb):
        return image
    converted = image.convertedToColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb))
    return image if converted.isNull() else converted


def _on_white(image: QImage) -> QImage:
    # By hand: a QPainter would first want another format anyway.
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied)
    width, height = plain.width(), plain.height()
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(height, width, 4)
    return image_of(rows[..., :3] + (255 - rows[..., 3:]))


def mime_of(image: QImage, doodle: bytes | None) -> QMimeData:
    """A picture for other programs, and perhaps a packed piece of doodle for Daub."""
    mime = QMimeData()
    mime.setImageData(image)
    if doodle is not None:
        mime.setData(DOODLE_TYPE, QByteArray(doodle))
    return mime


def doodle_in(mime: QMimeData) -> bytes | None:
    """A piece of doodle, packed; None when there is none."""
    return bytes(mime.data(DOODLE_TYPE).data()) if mime.hasFormat(DOODLE_TYPE) else None


def holds_image(mime: QMimeData) -> bool:
    """Whether there is a picture's content, which may still prove to be unreadable."""
    return mime.hasImage() or bool(_encoded(mime))


def image_in(mime: QMimeData) -> QImage | None:
    """A picture's pixels; None when there are none."""
    image = mime.imageData() if mime.hasImage() else None
    candidates = [image] if isinstance(image, QImage) else []
    # Not every platform decodes what another program offers as a file's content.
    decoded = (QImage.fromData(mime.data(kind)) for kind in _encoded(mime))
    return next((one for one in chain(candidates, decoded) if not one.isNull()), None)


def _encoded(mime: QMimeData) -> list[str]:
    return [kind for kind in mime.formats() if kind.startswith("image/")]
