"""The two ways to interpret a doodle file, for the command line and the engine."""

from enum import StrEnum


class Reading(StrEnum):
    """What the pixel values of a picture are: material ids or colours."""

    IDS = "ids"
    COLOURS = "colours"
