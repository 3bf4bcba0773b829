"""Drawings of the page as SVG: plain text, made from snapshots, with no browser needed."""
