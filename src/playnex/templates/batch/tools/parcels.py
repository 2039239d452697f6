"""What sending a parcel costs. These functions only compute; yours may ask a database or a service."""

import playnex

ZONES = {"AT": "near", "CH": "near", "DE": "near", "FR": "near", "ES": "europe", "IE": "europe", "IT": "europe", "SE": "europe"}
EUROS_A_KILO = {"near": 1.5, "europe": 2.5, "world": 9.0}


@playnex.tool(effect="idempotent")
async def zone(country: str) -> str:
    """The zone that a country lies in."""
    return ZONES[country]


@playnex.tool(effect="idempotent")
async def price(zone: str, kilos: float) -> float:
    """The price in euros."""
    if not 0 < kilos <= 30:
        raise ValueError(f"no parcel weighs {kilos:g} kilos")
    return round(4 + kilos * EUROS_A_KILO[zone], 2)


@playnex.tool(effect="idempotent")
async def letter(customer: str, price: float) -> str:
    """The letter to the customer."""
    return f"Dear {customer}, your parcel costs {price:.2f} euros."
