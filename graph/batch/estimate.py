"""What a whole batch will take, from a rehearsal of a sample."""

from collections.abc import Callable

import numpy as np
from pydantic import BaseModel, ConfigDict

from agents.llm.prices import CURRENCY, Price
from graph.batch.draws import DRAWS, Defining, Draws, Known, Range, Sampled, per_case, scaled, uncertain_rows
from graph.batch.survey import Survey

_SEED = 0


class Plan(BaseModel):
    """What a batch will take.

    Attributes:
        rows: of the catalog; `done` are in the output already, `errors` cannot be read, `copied` are taken
            over from an earlier batch, and `to_classify` are left.
        sampled: products the figures come from.
        accepted: share of the rows to classify that stop at the gate.
        deliberations: products that the gate holds back, for the general expert where there is one.
        definitions: categories whose definition has to be written first.
        calls, tokens_in, tokens_out: of the language model, for both.
        cost: in `currency`; None where there is no price.
        notes: what the figures rest on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int
    done: int
    errors: int
    copied: int
    to_classify: int
    sampled: int
    model: str
    accepted: Range
    deliberations: Range
    definitions: Range
    calls: Range
    tokens_in: Range
    tokens_out: Range
    seconds: Range
    cost: Range | None
    currency: str = CURRENCY
    notes: list[str]


def estimate(
    counts: Survey,
    sampled: Sampled,
    *,
    defining: Defining,
    known: Known,
    model: str,
    price: Price | None,
    slots: int,
    notes: list[str],
) -> Plan:
    """Put the figures of a plan together; the same input gives the same plan.

    Args:
        slots: requests that the language model takes at once.
    """
    draw = np.random.default_rng(_SEED)
    cases = uncertain_rows(sampled, counts.left, draw)
    read, written = per_case(sampled, known, draw)
    definitions = defining.written()
    tokens_in = scaled(cases, read, definitions, defining.tokens_in)
    tokens_out = scaled(cases, written, definitions, defining.tokens_out)
    calls = scaled(cases, _fixed(sampled.calls), definitions, 1.0)
    asking = _combined(tokens_in, tokens_out, calls, price.seconds_of) if price else _fixed(0.0)
    seconds = seconds_range(sampled, known, counts.left, asking, slots=slots, price=price)
    return Plan(
        rows=counts.rows,
        done=counts.done,
        errors=counts.errors,
        copied=counts.copied,
        to_classify=counts.left,
        sampled=sampled.products,
        model=model,
        accepted=_accepted(cases, counts.left),
        deliberations=cases.range(),
        definitions=definitions,
        calls=calls.range(),
        tokens_in=tokens_in.range(),
        tokens_out=tokens_out.range(),
        seconds=seconds,
        cost=_cost(price, tokens_in, tokens_out, seconds),
        notes=notes,
    )


def seconds_range(
    sampled: Sampled, known: Known, rows: int, asking: Draws, *, slots: int, price: Price | None
) -> Range:
    """Working time: the encoder and the language model overlap, so between the longer one and both.

    Args:
        asking: seconds that all requests take one after the other.
    """
    if known.seconds is not None:
        expected = rows * known.seconds
        return Range(low=0.7 * expected, expected=expected, high=1.5 * expected)
    encoding = rows * sampled.encode_seconds
    abreast = 1 if price and price.serial else max(1, slots)
    waits = asking.range()
    expected = max(encoding, waits.expected / abreast)
    return Range(
        low=max(0.7 * encoding, 0.5 * waits.low / abreast),
        expected=expected,
        high=1.3 * encoding + 2.0 * waits.high / abreast,
    )


def _cost(price: Price | None, tokens_in: Draws, tokens_out: Draws, seconds: Range) -> Range | None:
    """Nothing is taken for cached: how much a provider keeps is not known before."""
    if price is None:
        return None
    tokens = _combined(
        tokens_in, tokens_out, _fixed(0.0), lambda read, wrote, _: price.of_tokens(read, wrote)
    )
    paid, second = tokens.range(), price.second
    return Range(
        low=paid.low + second * seconds.low,
        expected=paid.expected + second * seconds.expected,
        high=paid.high + second * seconds.high,
    )


def _accepted(cases: Draws, rows: int) -> Range:
    """The share that stops at the gate; what is left out is deliberated."""
    if not rows:
        return Range(low=0.0, expected=0.0, high=0.0)
    found = cases.range()
    return Range(low=1 - found.high / rows, expected=1 - found.expected / rows, high=1 - found.low / rows)


def _combined(
    tokens_in: Draws, tokens_out: Draws, calls: Draws, by: Callable[[float, float, float], float]
) -> Draws:
    triples = zip(tokens_in.values, tokens_out.values, calls.values, strict=True)
    values = np.asarray([by(*(float(part) for part in triple)) for triple in triples])
    return Draws(by(tokens_in.expected, tokens_out.expected, calls.expected), values)


def _fixed(value: float) -> Draws:
    return Draws(value, np.full(DRAWS, value))
