"""The embedded mysecu service: its binding, its simulator and its schemas."""
