"""Tests of judge, mirroring the rooms."""
