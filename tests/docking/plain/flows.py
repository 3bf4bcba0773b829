"""How many chose what last month, in the nation: what the talks judge by (ODD 7.13)."""

from collections import Counter

from plain.arithmetic import ratio
from plain.given import OPERATORS


class Flows:
    """Last month's national flows between operators.

    Parameters
    ----------
    provinces : list of Province
    hazard : float
        `review_hazard`.
    """

    def __init__(self, provinces, hazard):
        moved, began, self.entrants = Counter(), Counter(), Counter()
        for province in provinces:
            for (before, now), rows in province.moves.items():
                lines = rows * province.scale
                if before is not None:
                    began[before[0]] += lines
                    if now[0] != before[0]:
                        moved[before[0], now[0]] += lines
                elif now is not None:
                    self.entrants[now[0]] += lines
        self.chose = {k: self._choices(k, moved, began, hazard) for k in OPERATORS}
        total = sum(self.entrants.values())
        self.entry_share = {k: ratio(self.entrants[k], total) for k in OPERATORS}

    def _choices(self, mine, moved, began, hazard):
        """Return P[l, k]: where an operator's reviewers went; who did not leave chose it again.

        By chance more may leave than were expected to review, so shares are kept between 0 and 1.
        """
        due = hazard * began[mine]
        away = {k: ratio(moved[mine, k], due) for k in OPERATORS if k != mine}
        stayed = max(1.0 - sum(away.values()), 0.0)
        return {k: min(share, 1.0) for k, share in away.items()} | {mine: stayed}
