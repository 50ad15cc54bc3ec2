"""Tests of services, mirroring the rooms."""
