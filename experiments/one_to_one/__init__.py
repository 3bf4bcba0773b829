"""All of China, one to one: a row for each mobile line."""
