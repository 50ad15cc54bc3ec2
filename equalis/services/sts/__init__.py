"""The embedded sts service: its binding, its simulator and its schemas."""
