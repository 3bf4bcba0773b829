"""The game of stances: operators choose closed, open or exclusive, and the market pays."""
