"""Tests of cli, mirroring the rooms."""
