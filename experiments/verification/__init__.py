"""Limiting cases with known answers: what theory says, what the model gives, and how far they may differ."""
