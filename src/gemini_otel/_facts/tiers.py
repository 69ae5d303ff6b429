"""Service tiers: what a request costs, how long it may wait and who goes first."""

from __future__ import annotations

from gemini_otel._facts.sendable import OTHER, lower_code

FLEX = "flex"
TIERS = ("flex", "standard", "priority")
_CAPACITIES = ("dedicated", "shared")
_UNSAID = "unspecified"
_MOST_NAMES = 64
# Vertex AI's traffic type for each tier; provisioned throughput and off-peak traffic are not tiers of this list.
_OF_TRAFFIC = {"ON_DEMAND": "standard", "ON_DEMAND_PRIORITY": "priority", "ON_DEMAND_FLEX": FLEX}


class _Tiers(dict[str | None, str | None]):
    """Returns the tier for a name in lower case; None for the unspecified one. A few names are remembered."""

    def __missing__(self, value: str) -> str | None:
        name = lower_code(value.lower())
        tier = None if name == _UNSAID else name
        if len(self) < _MOST_NAMES and name != OTHER:
            self[value] = tier
        return tier


tier_name = _Tiers({None: None}).__getitem__


def asked_tier(value: str | None) -> str | None:
    """As `tier_name`, for what the program asks for: `_OTHER` for a value that is not a tier, such as a prompt in the wrong
    place.
    """
    name = tier_name(value)
    return name if name is None or name in TIERS else OTHER


def vertex_request_type(value: str | None) -> str | None:
    """The capacity that Vertex AI should use: `dedicated` is bought in advance, `shared` is the rest."""
    return None if value is None else name if (name := value.strip().lower()) in _CAPACITIES else OTHER


def tier_of_traffic(traffic_type: str | None) -> str | None:
    """The tier for Vertex AI's traffic type."""
    return None if traffic_type is None else _OF_TRAFFIC.get(traffic_type)
