"""Tests of solution, mirroring the rooms."""
