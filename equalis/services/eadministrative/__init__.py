"""The embedded eadministrative service: its binding, its simulator and its schemas."""
