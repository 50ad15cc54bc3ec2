"""Tests of model, mirroring the rooms."""
