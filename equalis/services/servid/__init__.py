"""The embedded servid service: its binding, its simulator and its population."""
