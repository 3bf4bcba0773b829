"""What is observed of a month: shares, churn, revenue, concentration, welfare (ODD 4.11, 7.17)."""

from plain.arithmetic import ratio
from plain.given import OPERATORS, PLATFORMS


def of_operator(market, operator, opening):
    """Return a month's national measures of an operator.

    Parameters
    ----------
    market : PlainMarket
    operator : str
    opening : dict
        Lines of each operator as the month began.
    """
    lines, lines_3g = national_lines(market), national_lines(market, "3g")
    bills = sum(books.paid(operator, ("telecom",)) for books in market.books)
    left = sum(p.scale * p.leavers(operator) for p in market.provinces)
    return {
        "lines": lines[operator],
        "lines_3g": lines_3g[operator],
        "joined": sum(p.scale * p.newcomers(operator)[0] for p in market.provinces),
        "left": left,
        "bills_rmb": bills,
        "revenue_rmb": sum(books.received(operator) for books in market.books),
        "profit_rmb": sum(books.profit(operator) for books in market.books),
        "deals": sum(len(p.branches[operator].deals) for p in market.provinces),
        "wallet_users": sum(p.wallet_users[operator] for p in market.provinces),
        "share": ratio(lines[operator], sum(lines.values())),
        "share_3g": ratio(lines_3g[operator], sum(lines_3g.values())),
        "churn": ratio(left, opening[operator]),
        "arpu_rmb": ratio(bills, lines[operator]),
    }


def of_market(market):
    """Return a month's national measures of the market."""
    lines, lines_3g = national_lines(market), national_lines(market, "3g")
    surplus = sum(p.scale * person.surplus for p in market.provinces for person in p.people)
    profits = sum(books.profit(party) for books in market.books for party in (*OPERATORS, *PLATFORMS))
    return {
        "lines": sum(lines.values()),
        "lines_3g": sum(lines_3g.values()),
        "penetration_3g": ratio(sum(lines_3g.values()), sum(lines.values())),
        "hhi": herfindahl(lines),
        "hhi_3g": herfindahl(lines_3g),
        "consumer_surplus_rmb": surplus,
        "welfare_rmb": surplus + profits,
    }


def national_lines(market, network=None):
    """Return the lines of each operator in the country, on one network where it is named."""
    return {k: sum(p.lines(k, network) for p in market.provinces) for k in OPERATORS}


def herfindahl(lines):
    """Return the sum of squared shares."""
    return sum(ratio(n, sum(lines.values())) ** 2 for n in lines.values())
