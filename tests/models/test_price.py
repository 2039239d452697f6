"""What a request costs: nothing on this machine, what playnex.toml says, what a price list says, or nobody knows."""

import asyncio

import pytest

from playnex.config import ModelSettings, UsdPerMillion
from playnex.models.model import ModelAnswer, ModelCard, ModelRequest, UserMessage
from playnex.models.openai_model import OpenAIModel
from playnex.models.price import Price, price_of
from playnex.testing.model_replies import answer, in_turn
from playnex.testing.model_server import serving

RATES = UsdPerMillion(input=2.0, output=10.0)
NAMED = ModelSettings(alias="main", base_url="https://api.openai.com/v1", name="gpt-4o", usd_per_million=RATES)


def test_a_model_on_this_machine_costs_nothing_whatever_is_written() -> None:
    price = price_of(NAMED, local=True)
    assert (price.source, price.is_known, price.usd(1_000_000, 1_000_000)) == ("local", True, 0.0)


def test_a_written_price_goes_before_the_list() -> None:
    price = price_of(NAMED, local=False)
    assert price.source == "playnex.toml"
    assert price.usd(500_000, 100_000) == pytest.approx(2.0)


def test_a_known_model_of_a_known_provider_has_the_price_of_the_list() -> None:
    price = price_of(ModelSettings(alias="main", base_url="https://api.openai.com/v1", name="gpt-4o"), local=False)
    assert (price.source, price.is_known) == ("price list", True)
    assert 0 < price.usd(1000, 0) < price.usd(1000, 1000) < 1


@pytest.mark.parametrize(("base_url", "name"), [("https://example.com/v1", "gpt-4o"), ("https://api.openai.com/v1", "zzz")])
def test_of_any_other_model_the_price_is_unknown_and_counts_as_nothing(base_url: str, name: str) -> None:
    price = price_of(ModelSettings(alias="main", base_url=base_url, name=name), local=False)
    assert (price.source, price.is_known, price.usd(1_000_000, 1_000_000)) == ("unknown", False, 0.0)


def test_the_usage_of_an_answer_says_what_it_cost() -> None:
    async def once(card: ModelCard) -> ModelAnswer:
        model = OpenAIModel(card)
        try:
            return await model.ask(ModelRequest(instructions="", messages=(UserMessage(text="Hello"),)))
        finally:
            await model.close()

    with serving(in_turn(answer("Hello there.", input_tokens=1000))) as server:
        price = Price(source="playnex.toml", rates=RATES)
        card = ModelCard(alias="main", kind="openai", name="m", base_url=server.url, context=8192, local=False, price=price)
        usage = asyncio.run(asyncio.wait_for(once(card), 30)).usage
    assert usage.usd == pytest.approx((2.0 * usage.input_tokens + 10.0 * usage.output_tokens) / 1_000_000)
    assert usage.usd > 0
