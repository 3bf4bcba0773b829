"""The questions: comparisons, figures, reports, and the command `walled-garden`."""
