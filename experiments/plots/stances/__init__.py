"""Figures of the game of stances."""
