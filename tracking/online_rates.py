"""オンライン化率 over each base that is common elsewhere: why another city says another number."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

from .figures import DEFINITIONS, EXCLUDED, RATES, Definition, Weight
from .selections import BASES, over

WEIGHT_LABELS: Mapping[Weight, str] = {
    Weight.KINDS: "手続の数",
    Weight.APPLICATIONS: "年間件数",
}
BASE_NOTES: Mapping[str, str] = {
    "target": "この台帳の率です。市民等から市への現行の手続から、適用除外（方針6）を除きます。",
    "in_scope": "適用除外の手続も分母に残します。除外を決めていない市の率と比べるときに使います。",
    "in_force": "市民等から市への手続でない、対象外の手続も分母に入れます。"
    "台帳に載せたすべてで率を示す市と比べるときに使います。",
    "priority": "方針3(1)の優先手続だけを数えます。"
    "重点の手続だけで率を示す市と比べるときに使います。",
    "national": "国の優先手続の一覧にある対象手続だけを数えます。"
    "国の求める手続だけで率を示す市と比べるときに使います。",
}
"""What is counted over each base, and for which comparison."""

_BESIDE: Mapping[str, tuple[str, ...]] = {
    "in_scope": ("outside", "abolished"),
    "in_force": ("abolished",),
    "priority": ("pending", *EXCLUDED),
    "national": ("not_national", *EXCLUDED),
}
"""The sets that with a base are all procedures, none twice."""


def _rate(base: str, weight: Weight) -> Definition:
    own = DEFINITIONS["online" if weight == Weight.KINDS else "applications"]
    if base == "target":
        return own
    label = BASES[base].label
    by_volume = weight == Weight.APPLICATIONS
    what = "の年間件数" if by_volume else ""
    return replace(
        own,
        label=f"{own.label}：{label}",
        formula=f"オンライン化済の{label}{what} ÷ {label}{what}",
        numerator=over(base, "volume_known_online" if by_volume else "online"),
        denominator=over(base, "volume_known") if by_volume else base,
        left_out=(over(base, "volume_unknown"),) * by_volume + _BESIDE[base],
    )


ONLINE_RATES: Mapping[tuple[str, Weight], Definition] = {
    (base, weight): _rate(base, weight) for base, weight in product(BASES, Weight)
}
"""オンライン化率 by base and weight; over the target it is the one of ``figures.RATES``."""


def rates_over(base: str) -> tuple[Definition, ...]:
    """``figures.RATES``, オンライン化率 being taken over ``base``."""
    own = {ONLINE_RATES["target", weight].key: ONLINE_RATES[base, weight] for weight in Weight}
    return tuple(own.get(definition.key, definition) for definition in RATES)
