"""Who acts: consumers, operators with provincial branches, payment platforms, and their rules."""
