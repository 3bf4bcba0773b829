"""How results depend on the number of consumers, and how many a study needs."""
