"""What every file in `data/` must look like: the columns, their kinds and bounds.

The same dictionary in words, with units and caveats, is `data/README.md`.
"""

from datetime import date

from model.datafiles import Column, Schema

OPERATORS = ("china_mobile", "china_unicom", "china_telecom")
PLATFORMS = ("alipay", "tenpay", "unionpay_online")
WALLETS = ("china_mobile_wallet", "china_unicom_wallet", "china_telecom_wallet")
SERVICES = ("subscribing", "telecom", "handsets", "purchases")
NETWORKS = ("2g", "3g")

# GB/T 2260 codes of the 31 provinces, as published with provinces.csv.
PROVINCES = {
    11: "Beijing", 12: "Tianjin", 13: "Hebei", 14: "Shanxi", 15: "Inner Mongolia",
    21: "Liaoning", 22: "Jilin", 23: "Heilongjiang", 31: "Shanghai", 32: "Jiangsu",
    33: "Zhejiang", 34: "Anhui", 35: "Fujian", 36: "Jiangxi", 37: "Shandong",
    41: "Henan", 42: "Hubei", 43: "Hunan", 44: "Guangdong", 45: "Guangxi",
    46: "Hainan", 50: "Chongqing", 51: "Sichuan", 52: "Guizhou", 53: "Yunnan",
    54: "Tibet", 61: "Shaanxi", 62: "Gansu", 63: "Qinghai", 64: "Ningxia", 65: "Xinjiang",
}  # fmt: skip

STUDY = (date(2008, 12, 31), date(2013, 12, 31))

TEXT = Column()
REMARK = Column(blank=True)
CODE = Column("choice", allowed=tuple(str(code) for code in PROVINCES))
PROVINCE = Column("choice", allowed=tuple(PROVINCES.values()))
SOME_PROVINCE = Column("choice", allowed=PROVINCE.allowed, blank=True)
OPERATOR = Column("choice", allowed=OPERATORS)
ANY_OPERATOR = Column("choice", allowed=(*OPERATORS, "all"))
BASIS = Column("choice", allowed=("observed", "derived", "assumed"))
YES_NO = Column("choice", allowed=("yes", "no"))
AMOUNT = Column("number", lowest=0)
SOME_AMOUNT = Column("number", lowest=0, blank=True)
SHARE = Column("number", lowest=0, highest=1)
MONTH_END = Column("date", *STUDY)
ANY_DATE = Column("date", date(1999, 1, 1), date(2015, 12, 31))
SOME_DATE = Column("date", date(1999, 1, 1), date(2015, 12, 31), blank=True)
YEAR = Column("count", lowest=2008, highest=2013)

_PLACE = {"code": CODE, "province": PROVINCE}
_ORIGIN = {"basis": BASIS, "source": TEXT}
_NOTED = {"basis": BASIS, "note": REMARK, "source": TEXT}

SCHEMAS: dict[str, Schema] = {
    "provinces.csv": Schema(
        {
            **_PLACE,
            "name_zh": TEXT,
            "residents_2010_million": AMOUNT,
            "census_2010_million": AMOUNT,
            "urban_share_2010": SHARE,
            "gdp_per_head_2010_rmb": AMOUNT,
            **_ORIGIN,
        },
        key=("province",),
    ),
    "internet_users.csv": Schema(
        {"date": MONTH_END, **_PLACE, "users_million": AMOUNT, **_ORIGIN},
        key=("date", "province"),
    ),
    "internet_users_national.csv": Schema(
        {"date": MONTH_END, "users_million": AMOUNT, **_ORIGIN}, key=("date",)
    ),
    "provincial_lines.csv": Schema(
        {
            **_PLACE,
            "lines_2009_million": AMOUNT,
            "lines_2010_million": AMOUNT,
            "blocks_only_2010_million": AMOUNT,
            "low_2010_million": AMOUNT,
            "high_2010_million": AMOUNT,
            "basis": BASIS,
            "method": TEXT,
            "source": TEXT,
        },
        key=("province",),
    ),
    "provincial_points.csv": Schema(
        {
            "date": ANY_DATE,
            **_PLACE,
            "measure": Column("choice", allowed=("lines_million", "lines_3g_million", "lines_per_100")),
            "value": AMOUNT,
            **_NOTED,
        },
        key=("date", "province", "measure"),
    ),
    "tile_grid.csv": Schema(
        {
            "layout": Column("choice", allowed=("china_prov_grid2",)),
            **_PLACE,
            "row": Column("count", lowest=1, highest=20),
            "column": Column("count", lowest=1, highest=20),
            **_ORIGIN,
        },
        key=("province",),
    ),
    "borders.csv": Schema(
        {
            **_PLACE,
            "neighbour_code": CODE,
            "neighbour": PROVINCE,
            "kind": Column("choice", allowed=("land", "convention")),
            "boundary_km": SOME_AMOUNT,
            **_ORIGIN,
        },
        key=("province", "neighbour"),
    ),
    "number_blocks.csv": Schema(
        {
            **_PLACE,
            "operator": OPERATOR,
            "segment": TEXT,
            "in_use_2008": YES_NO,
            "blocks": Column("count", lowest=0),
            **_ORIGIN,
        },
        key=("province", "operator", "segment"),
    ),
    "operator_lines.csv": Schema(
        {
            "date": MONTH_END,
            "operator": OPERATOR,
            "lines_million": SOME_AMOUNT,
            "lines_3g_million": SOME_AMOUNT,
            "definition": Column("choice", allowed=("consistent", "narrow")),
            **_NOTED,
        },
        key=("date", "operator", "definition"),
    ),
    "market_totals.csv": Schema(
        {
            "date": MONTH_END,
            "lines_million": SOME_AMOUNT,
            "lines_3g_million": SOME_AMOUNT,
            "td_scdma_million": SOME_AMOUNT,
            "mobile_internet_users_million": SOME_AMOUNT,
            **_NOTED,
        },
        key=("date", "source"),
    ),
    "tariff_path.csv": Schema(
        {
            "date": MONTH_END,
            "operator": OPERATOR,
            "network": Column("choice", allowed=NETWORKS),
            "rmb_per_month": AMOUNT,
            **_NOTED,
        },
        key=("date", "operator", "network"),
    ),
    "tariffs_observed.csv": Schema(
        {
            "date": SOME_DATE,
            "precision": TEXT,
            "operator": OPERATOR,
            "item": TEXT,
            "plan_type": TEXT,
            "fee_rmb_per_month": SOME_AMOUNT,
            "fee_to_rmb_per_month": SOME_AMOUNT,
            "data_mb": SOME_AMOUNT,
            "voice_minutes": SOME_AMOUNT,
            "terms": REMARK,
            **_NOTED,
        },
        key=("date", "operator", "item", "fee_rmb_per_month"),
    ),
    "arpu.csv": Schema(
        {
            "year": YEAR,
            "period": TEXT,
            "date": MONTH_END,
            "operator": OPERATOR,
            "arpu_rmb": SOME_AMOUNT,
            "arpu_2g_rmb": SOME_AMOUNT,
            "arpu_3g_rmb": SOME_AMOUNT,
            **_NOTED,
        },
        key=("year", "period", "operator"),
    ),
    "operator_spending.csv": Schema(
        {
            "year": YEAR,
            "period": TEXT,
            "operator": ANY_OPERATOR,
            "measure": Column("choice", allowed=("handset_subsidy", "capex", "capex_3g")),
            "rmb_billion": AMOUNT,
            **_NOTED,
        },
        key=("year", "period", "operator", "measure", "source"),
    ),
    "coverage_path.csv": Schema(
        {"date": MONTH_END, "operator": OPERATOR, "share_of_population": SHARE, **_NOTED},
        key=("date", "operator"),
    ),
    "partnerships.csv": Schema(
        {
            "id": Column("count", lowest=1),
            "date": ANY_DATE,
            "precision": TEXT,
            "operator": Column("choice", allowed=(*OPERATORS, "all", "none")),
            "scope": TEXT,
            "province": SOME_PROVINCE,
            "partner": TEXT,
            "platform": Column("choice", allowed=PLATFORMS, blank=True),
            "kind": TEXT,
            "covers": TEXT,
            "counted": YES_NO,
            "in_force_from": Column("date", *STUDY, blank=True),
            "services": REMARK,
            "why": TEXT,
            **_NOTED,
        },
        key=("id",),
    ),
    "platform_users.csv": Schema(
        {
            "date": ANY_DATE,
            "precision": TEXT,
            "platform": Column("choice", allowed=PLATFORMS),
            "province": SOME_PROVINCE,
            "measure": Column(
                "choice",
                allowed=(
                    "registered_users",
                    "mobile_users",
                    "real_name_users",
                    "sms_payment_users",
                ),
            ),
            "users_million": AMOUNT,
            **_NOTED,
        },
        key=("date", "platform", "province", "measure", "source"),
    ),
    "platform_provinces.csv": Schema(
        {
            "date": ANY_DATE,
            "precision": TEXT,
            "platform": Column("choice", allowed=PLATFORMS),
            "province": SOME_PROVINCE,
            "measure": Column(
                "choice",
                allowed=(
                    "spending_share_percent",
                    "spending_per_user_rmb",
                    "rank_by_members",
                    "mobile_share_percent",
                ),
            ),
            "value": SOME_AMOUNT,
            **_NOTED,
        },
        key=("date", "precision", "platform", "province", "measure"),
    ),
    "payment_market.csv": Schema(
        {
            "date": ANY_DATE,
            "precision": TEXT,
            "platform": Column("choice", allowed=(*PLATFORMS, "market")),
            "measure": Column(
                "choice",
                allowed=(
                    "share_percent",
                    "volume_rmb_billion",
                    "mobile_volume_rmb_billion",
                    "users_million",
                ),
            ),
            "value": AMOUNT,
            "definition": TEXT,
            **_NOTED,
        },
        key=("date", "precision", "platform", "measure", "definition", "source"),
    ),
    "wallets.csv": Schema(
        {
            "operator": OPERATOR,
            "wallet": Column("choice", allowed=WALLETS),
            "date": ANY_DATE,
            "precision": TEXT,
            **_NOTED,
        },
        key=("operator",),
    ),
    "wallet_users.csv": Schema(
        {
            "date": ANY_DATE,
            "precision": TEXT,
            "operator": ANY_OPERATOR,
            "service": TEXT,
            "users_million": AMOUNT,
            **_NOTED,
        },
        key=("date", "operator", "service"),
    ),
    "churn.csv": Schema(
        {
            "date": MONTH_END,
            "period": TEXT,
            "operator": OPERATOR,
            "percent_per_month": Column("number", lowest=0, highest=100),
            **_NOTED,
        },
        key=("date", "operator", "source"),
    ),
    "events.csv": Schema(
        {
            "date": ANY_DATE,
            "precision": TEXT,
            "event": TEXT,
            "detail": REMARK,
            "on_axis": YES_NO,
            **_NOTED,
        },
        key=("date", "event"),
    ),
}
