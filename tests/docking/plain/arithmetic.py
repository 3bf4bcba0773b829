"""Sums and shares that several rules need."""

import math


def ratio(part, whole):
    """Return part over whole, 0 of nothing."""
    if whole == 0.0:
        return 0.0
    return part / whole


def share_of(things, is_so):
    """Return the share of things of which something is so; 0 of nothing."""
    return ratio(sum(1 for thing in things if is_so(thing)), len(things))


def mean(values, weights):
    """Return a weighted mean."""
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)


def log_sum(values):
    """Return the logarithm of the sum of exponentials, the largest taken out so that none overflows."""
    top = max(values)
    return top + math.log(sum(math.exp(v - top) for v in values))


def clip(value, low, high):
    """Return the value between two bounds that is nearest."""
    return min(max(value, low), high)
