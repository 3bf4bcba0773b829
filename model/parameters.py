"""Every parameter of the market: unit, bounds, plausible range, source, meaning.

`bounds` are what the model can run with; `plausible` is what the literature, the period's reports or
judgement allow, the range to sweep. Nothing in the data identifies the effect of a payment deal: those
parameters are marked "assumed", and no conclusion should rest on their default alone.
"""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from model.errors import InputError, unknown_name

FIT = "fit to the national series, experiments/fit_history.py"
ASSUMED = "assumed"
SIGN_HELD = "sign held: national series cannot tell it from quality"
OFF = "off unless set: the series cannot tell it from standing"
UNTOLD = (ASSUMED, SIGN_HELD, OFF)  # sources that say: no observation pins this down


def parameter(
    default: float,
    bounds: tuple[float, float],
    plausible: tuple[float, float],
    unit: str,
    source: str,
    meaning: str,
) -> Any:
    """Return a dataclass field that carries what is known about a parameter."""
    return field(
        default=default,
        metadata={
            "bounds": bounds,
            "plausible": plausible,
            "unit": unit,
            "source": source,
            "meaning": meaning,
        },
    )


@dataclass(frozen=True)
class Parameters:
    """All numbers of the market that are not observations; frozen, checked when made."""

    # The era: how much of the 3G world exists.
    era: float = parameter(
        1.0, (0, 1), (0, 1), "share", "MODEL: the era is a parameter",
        "0: no 3G network; 1: 3G as observed. Scales coverage, and what payment_value_3g adds to 2G",
    )  # fmt: skip

    # The market's size.
    lines_ceiling: float = parameter(
        1.35, (1, 1.7), (1.2, 1.6), "lines per inhabitant of 2010",
        "assumed: where the two most penetrated provinces stood in 2013; the ministry counted 1.20 in 2020",
        "where the country's lines end; felt in runs that go beyond December 2013 only",
    )  # fmt: skip

    # Subscription choice.
    standing_china_mobile: float = parameter(
        0.0, (-10, 10), (-3, 3), "utils", "normalised to 0", "2G standing of China Mobile"
    )
    standing_china_unicom: float = parameter(
        -1.3826, (-10, 10), (-3, 3), "utils", FIT, "2G standing of China Unicom"
    )
    standing_china_telecom: float = parameter(
        -1.1965, (-10, 10), (-3, 3), "utils", FIT, "2G standing of China Telecom"
    )
    quality_china_mobile: float = parameter(
        -5.0164, (-15, 15), (-9, 3), "utils", FIT, "3G quality of China Mobile, December 2008"
    )
    quality_china_unicom: float = parameter(
        -2.6148, (-15, 15), (-9, 3), "utils", FIT, "3G quality of China Unicom, December 2008"
    )
    quality_china_telecom: float = parameter(
        -3.0134, (-15, 15), (-9, 3), "utils", FIT, "3G quality of China Telecom, December 2008"
    )
    quality_growth_china_mobile: float = parameter(
        1.1074,
        (-5, 5),
        (0, 3),
        "utils a year",
        FIT,
        "rise of China Mobile's 3G quality at the start; it fades",
    )
    quality_growth_china_unicom: float = parameter(
        1.0712,
        (-5, 5),
        (0, 3),
        "utils a year",
        FIT,
        "rise of China Unicom's 3G quality at the start; it fades",
    )
    quality_growth_china_telecom: float = parameter(
        1.0438,
        (-5, 5),
        (0, 3),
        "utils a year",
        FIT,
        "rise of China Telecom's 3G quality at the start; it fades",
    )
    quality_fading: float = parameter(
        0.3024, (0, 5), (0, 1), "a year", FIT, "how fast the rise of 3G quality slows; 0: a straight line"
    )
    price_sensitivity: float = parameter(
        0.02, (0.0001, 1), (0.005, 0.06), "utils per RMB a month", ASSUMED,
        "mean weight of the monthly price at the national income",
    )  # fmt: skip
    income_elasticity: float = parameter(
        0.5, (0, 3), (0, 1), "1", ASSUMED, "how fast price sensitivity falls with provincial income"
    )
    sensitivity_spread: float = parameter(
        0.5, (0, 2), (0, 1), "s.d. of logarithm", ASSUMED, "spread of price sensitivity over people"
    )
    coverage_weight: float = parameter(
        1.0, (0, 10), (0, 3), "utils", ASSUMED, "3G coverage of the whole province against none"
    )
    word_of_mouth: float = parameter(
        0.3, (0, 10), (0, 3), "utils", SIGN_HELD,
        "all contacts on 3G against none",
    )  # fmt: skip
    same_operator: float = parameter(
        0.5, (0, 10), (0, 2), "utils", ASSUMED, "all contacts with the same operator against none"
    )
    installed_base: float = parameter(
        0.0, (0, 1000), (0, 1), "utils", OFF,
        "all lines of the province with the same operator against none: cheap calls within the network",
    )  # fmt: skip
    switching_cost: float = parameter(
        3.1305, (0, 20), (0.5, 5), "utils", FIT, "mean cost of leaving one's operator"
    )
    switching_spread: float = parameter(
        0.3, (0, 2), (0, 0.8), "s.d. of logarithm", ASSUMED, "spread of switching cost over people"
    )
    downgrade_cost: float = parameter(
        0.2, (0, 20), (0, 5), "utils", ASSUMED, "cost of going from 3G back to 2G: the handset is paid"
    )
    dissimilarity: float = parameter(
        0.8, (0.05, 1), (0.3, 1), "1", ASSUMED, "of the 3G nest; 1 is the plain logit"
    )
    review_hazard: float = parameter(
        0.0811, (0, 1), (1 / 24, 1 / 10), "a month", FIT, "chance that contract or handset is due"
    )
    contract_months: float = parameter(
        12, (0, 120), (0, 24), "months", "24 months common, many without: tariffs_observed.csv",
        "term of a new 3G contract, whole months",
    )  # fmt: skip
    rewired_ties: float = parameter(
        0.1, (0, 1), (0.01, 0.3), "share", ASSUMED, "contacts elsewhere in the province"
    )
    distant_ties: float = parameter(
        0.02, (0, 1), (0, 0.1), "share", ASSUMED, "contacts anywhere in the country"
    )
    coverage_urban_lead: float = parameter(
        1.0, (0, 5), (0, 2), "1", ASSUMED, "how far urban provinces are ahead in 3G coverage"
    )

    # Payment.
    payment_value_2g: float = parameter(
        0.05, (0, 10), (0, 0.2), "utils", ASSUMED, "lambda_2G: weight of payment convenience on 2G"
    )
    payment_value_3g: float = parameter(0.4, (0, 10), (0, 1.5), "utils", ASSUMED, "lambda_3G: the same on 3G")
    weight_subscribing: float = parameter(
        0.1, (0, 1), (0, 0.5), "share", ASSUMED, "eta: weight of paying for a number by phone"
    )
    weight_telecom: float = parameter(
        0.4, (0, 1), (0.1, 0.8), "share", ASSUMED, "eta: weight of paying bills and top-ups by phone"
    )
    weight_handsets: float = parameter(
        0.1, (0, 1), (0, 0.5), "share", ASSUMED, "eta: weight of paying for a handset by phone"
    )
    weight_purchases: float = parameter(
        0.4, (0, 1), (0.1, 0.8), "share", ASSUMED, "eta: weight of shopping by phone; on 3G only"
    )
    join_online: float = parameter(
        0.2, (0, 5), (0, 1), "utils", ASSUMED,
        "ease of subscribing online with a partner's account (half) and buying the handset there (half)",
    )  # fmt: skip
    lock_in: float = parameter(
        0.3, (0, 10), (0, 2), "utils", ASSUMED, "psi: leaving an operator whose wallet one uses"
    )
    taste_wallet: float = parameter(
        -2.5, (-10, 10), (-4, 0), "utils", ASSUMED, "of an operator's own wallet against cash"
    )
    taste_alipay: float = parameter(-2.5, (-10, 10), (-4, 0), "utils", ASSUMED, "of Alipay against cash")
    taste_tenpay: float = parameter(-3.0, (-10, 10), (-4, 0), "utils", ASSUMED, "of Tenpay against cash")
    taste_unionpay_online: float = parameter(
        -3.0, (-10, 10), (-4, 0), "utils", ASSUMED, "of UnionPay online against cash"
    )
    account_familiarity: float = parameter(
        2.0, (0, 10), (1, 4), "utils", ASSUMED, "having an account with the method"
    )
    merchant_pull: float = parameter(
        1.0, (0, 10), (0, 3), "utils", ASSUMED, "all merchants accepting the method against none"
    )

    # Platforms: users and merchants.
    adoption_spontaneous: float = parameter(
        0.004, (0, 1), (0.001, 0.01), "a month", "Bass p; registered users 2008-2010",
        "internet users opening an account unprompted",
    )  # fmt: skip
    adoption_imitation: float = parameter(
        0.03, (0, 1), (0.01, 0.06), "a month", "Bass q; registered users 2008-2010",
        "the same, per share of the province's internet users who have one",
    )  # fmt: skip
    adoption_merchants: float = parameter(
        0.01, (0, 1), (0, 0.03), "a month", ASSUMED, "the same, when all merchants accept it"
    )
    adoption_campaign: float = parameter(
        0.005, (0, 1), (0, 0.02), "a month", ASSUMED, "customers of a partner opening an account"
    )
    adoption_contacts: float = parameter(
        0.02, (0, 1), (0, 0.06), "a month", ASSUMED, "the same, when all their contacts have one"
    )
    wallet_campaign: float = parameter(
        0.004, (0, 1), (0, 0.02), "a month", ASSUMED, "customers opening their operator's wallet"
    )
    wallet_contacts: float = parameter(
        0.02, (0, 1), (0, 0.06), "a month", ASSUMED, "the same, when all their contacts have it"
    )
    merchant_speed: float = parameter(
        0.08, (0, 1), (0.02, 0.2), "a month", ASSUMED, "how fast merchants follow users"
    )

    # Money.
    purchases_rmb: float = parameter(
        60, (0, 5000), (20, 150), "RMB a month",
        "151 bn RMB mobile payments in 2012 over some 180 m 3G lines: data/payment_market.csv",
        "mobile purchases of a 3G line, any method, at the national income",
    )  # fmt: skip
    web_purchases_rmb: float = parameter(
        60, (0, 5000), (20, 150), "RMB a month",
        "Alipay's 2009-2012 volume over its registered users: data/payment_market.csv",
        "a platform account's purchases away from the phone",
    )  # fmt: skip
    connection_fee: float = parameter(50, (0, 1000), (20, 100), "RMB", ASSUMED, "paid once for a new number")
    handset_cost: float = parameter(
        1300, (0, 10000), (800, 2500), "RMB", "1,000-2,000 RMB handsets, 2011-12: data/events.csv",
        "what a 3G handset costs the operator",
    )  # fmt: skip
    subsidy_china_mobile: float = parameter(
        550, (0, 5000), (300, 800), "RMB", "17.0 bn over 30.5 m net 3G additions, 2011",
        "China Mobile's handset subsidy",
    )  # fmt: skip
    subsidy_china_unicom: float = parameter(
        220, (0, 5000), (100, 600), "RMB", "5.8 bn over 26.0 m net 3G additions, 2011",
        "China Unicom's handset subsidy",
    )  # fmt: skip
    subsidy_china_telecom: float = parameter(
        650, (0, 5000), (300, 900), "RMB", "15.6 bn over 24.0 m net 3G additions, 2011",
        "China Telecom's handset subsidy",
    )  # fmt: skip
    serving_cost_2g: float = parameter(
        30, (0, 500), (15, 45), "RMB a month", ASSUMED, "network, service and upkeep of a 2G line"
    )
    serving_cost_3g: float = parameter(
        45, (0, 500), (25, 70), "RMB a month", ASSUMED, "the same for a 3G line"
    )
    coverage_cost_bn: float = parameter(
        200, (0, 5000), (100, 400), "bn RMB",
        "455.6 bn 3G investment 2009-2011 over the coverage built: data/operator_spending.csv",
        "building 3G coverage for the whole population",
    )  # fmt: skip
    outlet_commission: float = parameter(
        0.03, (0, 1), (0.01, 0.06), "share of payment", ASSUMED, "kept by shops that sell top-ups"
    )
    service_fee: float = parameter(
        0.01, (0, 1), (0.003, 0.02), "share of payment", ASSUMED,
        "reference rate of what a platform charges the operator on its customers' bills",
    )  # fmt: skip
    merchant_fee: float = parameter(
        0.01, (0, 1), (0.005, 0.02), "share of purchase", ASSUMED,
        "what merchants pay for a purchase by wallet or platform",
    )  # fmt: skip
    processing_cost: float = parameter(
        0.003, (0, 1), (0.001, 0.006), "share of payment", ASSUMED,
        "what banks charge wallets and platforms",
    )  # fmt: skip
    wallet_fixed_cost: float = parameter(
        0.3, (0, 100), (0.05, 1), "m RMB a month", ASSUMED, "running a wallet, per branch"
    )
    integration_cost: float = parameter(
        3, (0, 1000), (0.5, 10), "m RMB", ASSUMED, "of a deal, to each side, when first signed"
    )
    deal_months: float = parameter(
        12, (1, 120), (6, 36), "months", ASSUMED, "term of a deal; then it is bargained anew"
    )
    bargaining_floor: float = parameter(
        0.3, (0, 1), (0.1, 0.5), "share of gain", ASSUMED, "a platform's weight without any users"
    )
    bargaining_users: float = parameter(
        0.5, (0, 5), (0, 1), "1", ASSUMED, "how its weight grows with its share of lines"
    )
    discount_rate: float = parameter(0.10, (0, 1), (0.05, 0.15), "a year", ASSUMED, "for profits and surplus")

    def __post_init__(self) -> None:
        """Check every value against its bounds.

        Raises
        ------
        InputError
        """
        for known in fields(self):
            check_value(known.name, getattr(self, known.name), known.metadata)

    @classmethod
    def with_values(cls, values: dict[str, float], base: "Parameters | None" = None) -> "Parameters":
        """Return the defaults, or `base`, with some values changed.

        Raises
        ------
        InputError
            A name does not exist (the nearest is suggested), or a value is out of bounds.
        """
        base = base or cls()
        if not values:
            return base
        names = [known.name for known in fields(cls)]
        for name in values:
            if name not in names:
                raise unknown_name("parameter", name, names)
        return replace(base, **values)

    @classmethod
    def fields(cls) -> dict[str, dict[str, Any]]:
        """Return, by name, default, bounds, plausible range, unit, source and meaning."""
        return {f.name: {"default": f.default, **f.metadata} for f in fields(cls)}

    def as_dict(self) -> dict[str, float]:
        """Return all values by name."""
        return asdict(self)


def check_value(name: str, value: Any, about: Any) -> None:
    """Raise InputError unless a value is a number within the parameter's bounds."""
    low, high = about["bounds"]
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        problem = "is not a number"
    elif not low <= value <= high:
        problem = "is out of bounds"
    elif about["unit"] == "months" and value != int(value):
        raise InputError(f"parameter {name} = {value!r} must be whole months")
    else:
        return
    raise InputError(f"parameter {name} = {value!r} {problem}; allowed: {low:g} to {high:g} {about['unit']}")
