"""The figures, one a file: tidy tables in, a matplotlib Figure and its caption out."""
