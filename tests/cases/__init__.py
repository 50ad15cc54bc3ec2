"""Tests of cases, mirroring the rooms."""
