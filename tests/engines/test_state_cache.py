"""States on disk: what is used stays, what is left over goes."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from harness.engines.llama.state_cache import STALE, STATE, StateCache

SIZE = 1000
CELLS = 100


class Cache:
    """Stands for llama.cpp's context: a state is its tokens, and zeros."""

    def state_bytes(self, slot: int) -> int:
        return SIZE

    def save(self, slot: int, path: Path, tokens: list[int]) -> bool:
        path.write_bytes(bytes(tokens) + bytes(SIZE - len(tokens)))
        return True

    def load(self, slot: int, path: Path, count: int) -> list[int]:
        return list(path.read_bytes()[:count])


def keep(folder: Path, most: int) -> StateCache:
    cache: Any = Cache()
    return StateCache(folder / "model", most, cache, CELLS)


def save(kept: StateCache, folder: Path, token: int, age: float) -> Path:
    """The file of a new state, last used so many seconds ago."""
    before = set(folder.glob(f"model/*{STATE}"))
    kept.save(1, [token], str(token))
    (path,) = set(folder.glob(f"model/*{STATE}")) - before
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_the_state_used_least_recently_goes_first(tmp_path: Path) -> None:
    kept = keep(tmp_path, 2 * SIZE)
    first, second = save(kept, tmp_path, 1, age=500), save(kept, tmp_path, 2, age=400)
    found = kept.find("1", [1])
    assert found is not None
    assert kept.load(found, 1)
    save(kept, tmp_path, 3, age=0)
    assert first.exists()
    assert not second.exists()


def test_what_was_left_half_written_goes_when_it_is_old(tmp_path: Path) -> None:
    kept = keep(tmp_path, 10 * SIZE)
    save(kept, tmp_path, 1, age=0)
    old, new = tmp_path / "model" / "a.123", tmp_path / "model" / "b.456"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * STALE,) * 2)
    kept.save(1, [2], "2")
    assert (old.exists(), new.exists()) == (False, True)


def test_all_states_stay_within_the_bound_even_while_one_is_written(tmp_path: Path) -> None:
    largest: list[int] = []

    class Watched(Cache):
        def save(self, slot: int, path: Path, tokens: list[int]) -> bool:
            done = super().save(slot, path, tokens)
            largest.append(sum(one.stat().st_size for one in path.parent.glob("*")))
            return done

    cache: Any = Watched()
    kept = StateCache(tmp_path / "model", 2 * SIZE, cache, CELLS)
    for token in range(5):
        kept.save(1, [token], f"text {token}")
    notes = sum(one.stat().st_size for one in tmp_path.glob("model/*.json"))
    assert max(largest) <= 2 * SIZE + notes
    assert len(list(tmp_path.glob(f"model/*{STATE}"))) == 2


def test_a_state_larger_than_the_bound_is_not_kept_and_costs_no_other(tmp_path: Path) -> None:
    small = save(keep(tmp_path, SIZE), tmp_path, 1, age=0)
    keep(tmp_path, SIZE - 1).save(1, [2], "2")
    assert list(tmp_path.glob(f"model/*{STATE}")) == [small]


def test_a_state_of_a_larger_context_is_left_alone(tmp_path: Path) -> None:
    kept = keep(tmp_path, 3 * SIZE)
    kept.save(1, [*range(CELLS + 1)], "long")
    kept.save(1, [*range(50, 60)], "short")
    found = kept.find("long and more", [*range(CELLS + 1)])
    assert found is not None
    assert found.text == "short"
