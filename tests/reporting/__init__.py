"""Tests of reporting, mirroring the rooms."""
