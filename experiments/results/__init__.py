"""What a sweep came to: read from its store, summed up with intervals, printed, drawn, exported."""
