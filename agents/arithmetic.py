"""Exponentials, logarithms and turns in plain arithmetic, the same bits on every processor.

A C library's functions differ from machine to machine in their last bit, and they take one number at a
time. These are nothing but sums, products and the bits of a number, without a branch, so that the compiler
works on several people at once, and whoever reckons gets the same. Exponentials and logarithms are within one
unit in the last place of the true value, cosines and sines within 2^-52.

Reductions after [Tang1989] and [Tang1990]; the logarithm's coefficients are those of the series
`log(1 + f) = 2 s + 2/3 s^3 + 2/5 s^5 ...`, `s = f / (2 + f)`, fitted over the reduced range as in FreeBSD's
`e_log.c`; the others are the Taylor series'.

[Tang1989] P. Tang, "Table-driven implementation of the exponential function in IEEE floating-point
arithmetic", ACM TOMS 15, doi:10.1145/63522.214389.
[Tang1990] P. Tang, "Table-driven implementation of the logarithm function in IEEE floating-point
arithmetic", ACM TOMS 16, doi:10.1145/98267.98294.
"""

import numpy as np

from agents.compiling import rule

_LOG2_E = 1.4426950408889634
# log(2) in two parts: the first has so few digits that whole multiples of it are exact.
_LOG_2, _LOG_2_REST = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_WHOLE = 6755399441055744.0  # 1.5 * 2^52: added, it leaves the nearest whole number in the lowest bits
_WHOLE_BITS = 0x4338000000000000  # the same number's bits
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD  # the bits of sqrt(1/2)
_LEAST = -708.0  # of exp: below it a result would not have all its digits


@rule
def _bits(x):  # type: ignore[no-untyped-def]
    """Return the bits of a float64 as an int64."""
    return np.float64(x).view(np.int64)


@rule
def _number(bits):  # type: ignore[no-untyped-def]
    """Return the float64 that has these bits."""
    return np.int64(bits).view(np.float64)


@rule
def exponential(x):  # type: ignore[no-untyped-def]
    """Return e to the x, for x up to 708; 0 below -708, where it would be less than 1e-307."""
    shifted = max(x, _LEAST) * _LOG2_E + _WHOLE
    whole = shifted - _WHOLE
    r = (max(x, _LEAST) - whole * _LOG_2) - whole * _LOG_2_REST  # within half a log(2) of 0
    tail = 1 / 6227020800
    tail = 1 / 479001600 + r * tail
    tail = 1 / 39916800 + r * tail
    tail = 1 / 3628800 + r * tail
    tail = 1 / 362880 + r * tail
    tail = 1 / 40320 + r * tail
    tail = 1 / 5040 + r * tail
    tail = 1 / 720 + r * tail
    tail = 1 / 120 + r * tail
    tail = 1 / 24 + r * tail
    tail = 1 / 6 + r * tail
    tail = 0.5 + r * tail
    power = 1.0 + (r + r * r * tail)
    scaled = _number(_bits(power) + (_bits(shifted) << 52))
    return scaled if x >= _LEAST else 0.0


@rule
def logarithm(x):  # type: ignore[no-untyped-def]
    """Return the natural logarithm of a positive number that has all its digits (above 1e-307)."""
    power = (_bits(x) - _ROOT_HALF_BITS) >> 52
    f = _number(_bits(x) - (power << 52)) - 1.0  # x = 2^power (1 + f), 1 + f within sqrt(1/2) and sqrt(2)
    s = f / (2.0 + f)
    z = s * s
    tail = 1.479819860511658591e-01
    tail = 1.531383769920937332e-01 + z * tail
    tail = 1.818357216161805012e-01 + z * tail
    tail = 2.222219843214978396e-01 + z * tail
    tail = 2.857142874366239149e-01 + z * tail
    tail = 3.999999999940941908e-01 + z * tail
    tail = 6.666666666666735130e-01 + z * tail
    half = 0.5 * f * f
    whole = _number(power + _WHOLE_BITS) - _WHOLE
    return whole * _LOG_2 - ((half - (s * (half + z * tail) + whole * _LOG_2_REST)) - f)


@rule
def turned(part):  # type: ignore[no-untyped-def]
    """Return the cosine and the sine of a part of a full turn, 0 to 1."""
    shifted = 4.0 * part + _WHOLE
    quarter = _bits(shifted)
    r = (part - 0.25 * (shifted - _WHOLE)) * (2.0 * np.pi)  # within an eighth of a turn
    z = r * r
    odd = -1 / 1307674368000
    odd = 1 / 6227020800 + z * odd
    odd = -1 / 39916800 + z * odd
    odd = 1 / 362880 + z * odd
    odd = -1 / 5040 + z * odd
    odd = 1 / 120 + z * odd
    odd = -1 / 6 + z * odd
    sine = r + r * z * odd
    even = 1 / 20922789888000
    even = -1 / 87178291200 + z * even
    even = 1 / 479001600 + z * even
    even = -1 / 3628800 + z * even
    even = 1 / 40320 + z * even
    even = -1 / 720 + z * even
    even = 1 / 24 + z * even
    cosine = 1.0 - z * (0.5 - z * even)
    along, across = (sine, cosine) if quarter & 1 else (cosine, sine)
    along = -along if (quarter + 1) & 2 else along
    across = -across if quarter & 2 else across
    return along, across
