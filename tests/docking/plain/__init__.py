"""A second market, written from docs/odd.md alone: slow, plain, one object a consumer.

It shares no rule with `agents` and `model`. What both are given is the same: the observed paths, the
parameters, the stances, the draws and who knows whom.
"""
