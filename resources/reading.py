"""The two ways to understand a doodle's file, for command line and engine."""

from enum import StrEnum


class Reading(StrEnum):
    """What the values of a picture's pixels are."""

    IDS = "ids"
    COLOURS = "colours"
