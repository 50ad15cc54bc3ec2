"""Tests of gateway, mirroring the rooms."""
