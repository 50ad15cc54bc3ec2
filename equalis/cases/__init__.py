"""The case language: grammar, loading, variants, lint, the register, and the fold to conformity.

Pure: files come in as a mapping of path to bytes, and mistakes go out all at once.
"""
