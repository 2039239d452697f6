"""What a model's tokens cost: nothing on this machine, else what playnex.toml says, else a published price, else nobody knows."""

from dataclasses import dataclass
from typing import Literal

from playnex.config import ModelSettings, UsdPerMillion

PriceSource = Literal["local", "playnex.toml", "price list", "unknown"]

MILLION = 1_000_000
NOTHING = UsdPerMillion(input=0.0, output=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of a model's tokens. `rates` are those of playnex.toml; `name` and `base_url` are how the price list (the package
    genai-prices) knows the model."""

    source: PriceSource
    rates: UsdPerMillion = NOTHING
    name: str = ""
    base_url: str = ""

    @property
    def is_known(self) -> bool:
        """False where nobody knows what a request costs: `usd` says 0 then, and no limit of money can hold."""
        return self.source != "unknown"

    def usd(self, input_tokens: int, output_tokens: int) -> float:
        """US dollars for so many tokens, none of them taken from a cache: the most that such a request costs."""
        if self.source == "price list":
            return _listed(self.name, self.base_url, input_tokens, output_tokens) or 0.0
        return (self.rates.input * input_tokens + self.rates.output * output_tokens) / MILLION


LOCAL = Price(source="local")
UNKNOWN = Price(source="unknown")


def price_of(settings: ModelSettings, *, local: bool) -> Price:
    """The price of a model that playnex.toml names."""
    if local:
        return LOCAL
    if settings.usd_per_million is not None:
        return Price(source="playnex.toml", rates=settings.usd_per_million)
    if _listed(settings.name, settings.base_url, MILLION, MILLION) is None:
        return UNKNOWN
    return Price(source="price list", name=settings.name, base_url=settings.base_url)


def _listed(name: str, base_url: str, input_tokens: int, output_tokens: int) -> float | None:
    """What the list says, with its higher prices for long prompts; None for a model or a provider that it does not know."""
    from genai_prices import Usage, calc_price  # late: 0.2 s, only for models beyond this machine

    try:
        return float(calc_price(Usage(input_tokens=input_tokens, output_tokens=output_tokens), name, provider_api_url=base_url).total_price)
    except LookupError:
        return None
