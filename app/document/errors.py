"""The exception for document errors that the user can act on."""


class DocumentError(Exception):
    """An error with one clear sentence for the user that names the file and the problem."""
