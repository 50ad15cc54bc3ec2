"""Equalis: replays conformance scenarios against practice software and judges what it did.

The package imports nothing heavy here, so that ``equalis --help`` stays fast.
"""

__version__ = "0.3.0"
