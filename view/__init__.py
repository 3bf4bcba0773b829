"""The page: two markets with the same luck, side by side, in a browser."""
