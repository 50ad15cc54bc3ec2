"""The proof of a family's cases: the kill matrix over the demonstration solution's defects.

It plays the cases against the conforming demonstration solution (repeatedly) and against each of its
defects, and injects faults of the environment and of equalis itself. It judges nothing: it counts
what `judge` said.
"""
