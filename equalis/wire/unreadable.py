"""The one error for bytes that cannot be taken apart."""


class UnreadableError(Exception):
    """Bytes that do not say what their form promises; the text says what and where."""


class UnknownFieldError(Exception):
    """A field name that the binding in force does not know."""
