"""Drivers: how a solution is asked to act, and what comes back.

To add one, write its file here and its word in ``DRIVERS`` of ``equalis/runner.py``.
"""
