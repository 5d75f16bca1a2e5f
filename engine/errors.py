"""The exception that the engine raises for errors that the user can act on."""


class EngineError(Exception):
    """An error for the user: one clear sentence that names the file and what is wrong."""
