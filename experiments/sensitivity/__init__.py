"""What decides who gains by opening: screening, Sobol indices, and where in the ranges opening wins."""
