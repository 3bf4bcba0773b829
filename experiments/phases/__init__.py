"""The phase diagram: which equilibrium of the game of stances holds where."""
