"""Sweeps: many points, many replications, on disk as they finish, and never lost."""
