"""The reservoir: every value that goes by is kept with the same probability, and the same seed keeps the same."""

import numpy as np
import pytest

from eafo_reservoir import Reservoir, Reservoirs


def kept(size: int, chunks: list[int], seed: str) -> np.ndarray:
    reservoir, start = Reservoir(size, seed), 0
    for step, chunk in enumerate(chunks):
        reservoir.offer(chunk, lambda places, start=start: (places + start).astype(np.float32), step)
        start += chunk
    return reservoir.values[: min(size, start)].astype(int)


def test_uniform_over_positions():
    counts = np.zeros(100)
    for seed in range(4000):
        counts[kept(10, [3, 30, 1, 66], str(seed))] += 1
    assert counts.sum() == 40000  # no value is kept twice
    chi_squared = ((counts - 400) ** 2 / 400).sum()
    assert 61 < chi_squared < 149  # the 0.1 % quantiles of 99 degrees of freedom


def test_last_value_is_kept_as_often_as_it_should():
    hits = sum(49 in kept(5, [50], str(seed)) for seed in range(3000))
    assert abs(hits - 300) < 3.3 * (3000 * 0.1 * 0.9) ** 0.5


def test_chunks_do_not_matter():
    assert (kept(20, [500], "a") == kept(20, [7, 13, 0, 480], "a")).all()


def test_seeds_matter():
    assert (kept(20, [500], "a") != kept(20, [500], "b")).any()


def test_fewer_values_than_room(tmp_path):
    layers = Reservoirs(size=10)
    layers.offer("a.b", 4, lambda places: places.astype(np.float32), step=3)
    layers.save(tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as arrays:
        assert arrays["a.b"].tolist() == [0, 1, 2, 3]
        assert arrays["a.b"].dtype == np.float32
        assert arrays["a.b:steps"].tolist() == [3] * 4
        assert arrays["a.b:seen"] == 4


def test_no_room_is_refused():
    with pytest.raises(ValueError, match="size: 0"):
        Reservoir(0, "")
