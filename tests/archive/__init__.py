"""Tests of archive, mirroring the rooms."""
