"""Bytes into fields and back: foreign bytes are taken apart in this room and nowhere else.

Pure: every function takes bytes or values and returns values; no file, socket, clock or chance.
"""
