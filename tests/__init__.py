"""Tests; a package, so that no library that ships one of the same name stands before it."""
