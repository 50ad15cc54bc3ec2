"""Tests of wire, mirroring the rooms."""
