"""An address as a QR code (segno's door): for a terminal, and for a page."""

from __future__ import annotations

import io

import segno


def terminal(address: str) -> str:
    """The code in half blocks, for a terminal."""
    out = io.StringIO()
    segno.make(address, micro=False, error="l").terminal(out, border=2, compact=True)
    return out.getvalue()


def svg(address: str) -> bytes:
    """The code as an SVG image."""
    out = io.BytesIO()
    segno.make(address, micro=False, error="m").save(out, kind="svg", border=2, scale=4)
    return out.getvalue()
