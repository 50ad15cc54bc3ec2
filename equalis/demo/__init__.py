"""A small, real practice solution that bills by RA and PID, with faults that can be switched on.

It stands for any vendor's product: it imports nothing of equalis, signs with `cryptography` and the
standard library's canonicalisation, and talks to whatever addresses its hook is told.
"""
