"""Tests of demo, mirroring the rooms."""
