"""Colours of 8 and 16 bits per channel: convert one to the other."""

import numpy as np

STEP = 257
"""A step of 8 bits in steps of 16 bits."""

STRIP = 64
"""Rows that are rounded at once, as the numbers between take 12 bytes for one."""

DEEPEST = 65535
"""Largest colour of 16 bits."""


def eight_bits(colours: np.ndarray) -> np.ndarray:
    """Round uint16 colours to uint8; uint8 is returned as it is."""
    if colours.dtype == np.uint8:
        return colours
    small = np.empty(colours.shape, np.uint8)
    for top in range(0, len(colours), STRIP):
        strip = colours[top : top + STRIP].astype(np.uint32)
        small[top : top + STRIP] = (strip + STEP // 2) // STEP
    return small


def sixteen_bits(colours: np.ndarray) -> np.ndarray:
    """Return uint8 colours as uint16; uint16 is returned as it is."""
    return colours.astype(np.uint16) * STEP if colours.dtype == np.uint8 else colours


def upper_bytes(colours: np.ndarray) -> np.ndarray:
    """Return the upper bytes of uint16 colours, for files with 8 bits per channel."""
    return (colours >> 8).astype(np.uint8)


def lower_bytes(colours: np.ndarray) -> np.ndarray:
    """Return the lower bytes of uint16 colours."""
    return (colours & 255).astype(np.uint8)


def from_bytes(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Return the uint16 colours with these bytes."""
    return upper.astype(np.uint16) << 8 | lower


def as_floats(colours: np.ndarray) -> np.ndarray:
    """Return uint8 or uint16 colours as float32, 0-255."""
    floats = colours.astype(np.float32)
    return floats if colours.dtype == np.uint8 else floats / np.float32(STEP)


def rounded(colours: np.ndarray, kind: np.dtype | type) -> np.ndarray:
    """Round float32 colours, 0-255, to ``kind``, uint8 or uint16."""
    if kind == np.uint8:
        return np.rint(colours).clip(0, 255).astype(np.uint8)
    return np.rint(colours * np.float32(STEP)).clip(0, DEEPEST).astype(np.uint16)
