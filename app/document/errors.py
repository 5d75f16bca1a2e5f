"""The one exception documents raise for things a person can act on."""


class DocumentError(Exception):
    """One clear sentence for a person, naming the file and what is wrong."""
