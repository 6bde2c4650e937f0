"""An engine handed out to one conversation of several."""

from __future__ import annotations

from harness.ports import Engine


class SharedEngine:
    """Does what its engine does; closing it leaves the engine to the others."""

    def __init__(self, engine: Engine) -> None:
        self.load, self.count_tokens = engine.load, engine.count_tokens
        self.complete = engine.complete
        self.converse = engine.converse

    def close(self) -> None:
        """Nothing: the engine is its owner's to close."""
