"""The judge: a total and pure function from a case and its transcript to a verdict.

It leaves out every I/O: no file, socket, clock, chance or global state. Instants come from the
transcript, certificates and bodies are bytes in it, schemas are bytes in the bindings.
"""

from equalis.judge.judging import judge

__all__ = ["judge"]
