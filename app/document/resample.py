"""Resize label maps and pictures."""

import cv2
import numpy as np


def covering_labels(labels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize H x W labels to fill the new size, keeping proportions and cropping the borders."""
    old_height, old_width = labels.shape
    scale = max(width / old_width, height / old_height)
    part_width, part_height = round(width / scale), round(height / scale)
    left, top = (old_width - part_width) // 2, (old_height - part_height) // 2
    part = labels[top : top + part_height, left : left + part_width]
    return resized_labels(part, width, height)


def resized_labels(labels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize H x W labels with smooth edges.

    Each material is scaled as a soft mask, and each pixel gets the material with the largest value.
    Ids cannot be interpolated, and nearest-neighbour sampling would give jagged edges.
    """
    if labels.shape == (height, width):
        return labels.copy()
    shrinking = width * height < labels.size
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    best = np.zeros((height, width), np.uint8)
    result = np.zeros((height, width), np.uint8)
    for material in np.unique(labels):
        mask = np.where(labels == material, 255, 0).astype(np.uint8)
        share = cv2.resize(mask, (width, height), interpolation=method)
        stronger = share > best
        result[stronger] = material
        np.maximum(best, share, out=best)
    return result


def reduced_labels(labels: np.ndarray, scale: float, samples: int = 1) -> np.ndarray:
    """Scale H x W labels down by `scale`, 0-1, with smooth edges; read-only.

    `samples`: number of labels a side that each pixel is computed from, at least. The others are
    left out: resampling all of a large canvas would take longer than painting the result.
    """
    height, width = labels.shape
    step = max(1, int(1 / scale / samples))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    reduced = resized_labels(labels[::step, ::step], *size)
    reduced.flags.writeable = False
    return reduced


def resized_picture(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize an H x W or H x W x C picture, uint8 or uint16.

    Area average to shrink, cubic to enlarge.
    """
    shrinking = width * height < pixels.shape[0] * pixels.shape[1]
    method = cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC
    return cv2.resize(pixels, (width, height), interpolation=method)
