"""The embedded idp service: its binding, its simulator and its schemas."""
