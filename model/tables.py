"""Which tables the recorder makes, and the columns of those whose shape every scenario shares.

It imports nothing, so whoever must know the columns before a run need not load the model.
"""

TABLES = ("operators", "platforms", "market", "payments", "tariffs", "ledger")
LEVELS = ("province", "national")
OPERATOR_MEASURES = (
    "lines",
    "lines_3g",
    "joined",
    "left",
    "bills_rmb",
    "revenue_rmb",
    "profit_rmb",
    "deals",
    "wallet_users",
)
PLATFORM_MEASURES = ("accounts", "volume_rmb", "fees_rmb", "profit_rmb", "deals")

#: Columns of national tables.
NATIONAL = {
    "operators": (*OPERATOR_MEASURES, "share", "share_3g", "churn", "arpu_rmb"),
    "platforms": (*PLATFORM_MEASURES, "acceptance"),
    "market": (
        "lines",
        "lines_3g",
        "penetration_3g",
        "hhi",
        "hhi_3g",
        "consumer_surplus_rmb",
        "welfare_rmb",
    ),
}
