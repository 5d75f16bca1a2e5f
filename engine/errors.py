"""The one exception the engine raises for things a person can act on."""


class EngineError(Exception):
    """One clear sentence for a person, naming the file and what is wrong."""
