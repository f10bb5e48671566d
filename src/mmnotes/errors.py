"""Errors that a reader can act on."""


class InputError(ValueError):
    """Input that cannot be used.

    The message names the file, line or field at fault and says what to do about it. Nothing has
    been written when it is raised.
    """


class DataNotFound(InputError):
    """A dataset that is not at hand; the message says where it was looked for."""
