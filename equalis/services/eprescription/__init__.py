"""The embedded eprescription service: its binding, its simulator and its product list."""
