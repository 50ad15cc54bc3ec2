"""`python -m equalis`: the same as the command `equalis`."""

from equalis.cli import main

main()
