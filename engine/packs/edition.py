"""The edition of a style pack: a hash of everything that decides what it paints."""

import hashlib
import json

from engine.packs.borrowing import default_loans
from engine.packs.style_pack import StylePack, region_table


def edition(pack: StylePack) -> str:
    """Return a hash that changes when the pack paints anything differently; "" when untrained.

    Of packs to borrow from, it includes the names, not their content.
    """
    if pack.generator is None and pack.painting is None:
        return ""
    weights = pack.generator.sha256 if pack.generator is not None else ""
    parts = weights.encode() + region_table(pack).tobytes()
    if pack.format > 1:
        parts += _strokes_facts(pack)
    return hashlib.sha256(parts).hexdigest()


def _strokes_facts(pack: StylePack) -> bytes:
    """Return all that strokes depend on, except for the regions' materials."""
    flows = {region.name: region.flow for region in pack.region}
    loans = pack.borrow | default_loans(pack)
    facts = pack.model_dump(mode="json", include={"painting", "strokes"}) | {
        "borrow": {key: loan.model_dump(mode="json") for key, loan in loans.items()},
        "flow": {name: flow and flow.model_dump(mode="json") for name, flow in flows.items()},
    }
    if pack.edges:
        facts["edges"] = pack.edges
    return json.dumps(facts, sort_keys=True).encode()
