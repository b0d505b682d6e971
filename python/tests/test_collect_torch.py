"""The PyTorch collector, on a network whose pre-activations are known."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from eafo_collect_torch import Collector  # noqa: E402


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 5), nn.GELU(), nn.Linear(5, 2))


def test_all_values_of_one_step_where_they_fit(tmp_path):
    model, x = network(), torch.randn(3, 6)
    with Collector(model, types=(nn.ReLU, nn.GELU), size=1000) as collector:
        model(x)
    collector.save(tmp_path / "layers.npz")
    with np.load(tmp_path / "layers.npz") as arrays:
        assert sorted(arrays) == ["1", "1:seen", "1:steps", "3", "3:seen", "3:steps"]
        np.testing.assert_array_equal(arrays["1"], model[0](x).detach().reshape(-1).numpy())
        np.testing.assert_array_equal(arrays["3"], model[:3](x).detach().reshape(-1).numpy())


def test_sampled_over_steps_by_output_and_pattern():
    model = network()
    with Collector(model, pattern="^2$", output=True, size=50, every=2, seed=1) as collector:
        for step in range(10):
            with torch.no_grad():
                model[2].weight.zero_()
                model[2].bias.fill_(float(step))
            model(torch.randn(4, 6))
            collector.step()
    layer = collector.layers["2"]
    assert layer.seen == 5 * 4 * 5
    assert (layer.values == layer.steps).all()
    assert set(layer.steps.tolist()) == {0, 2, 4, 6, 8}


def test_evaluation_is_left_out_and_hooks_come_off():
    model = network()
    with Collector(model, types=(nn.ReLU,)) as collector:
        model.eval()
        model(torch.randn(4, 6))
        assert collector.layers == {}
        model.train()
    model(torch.randn(4, 6))
    assert collector.layers == {}


def test_half_precision_and_the_same_sample_again():
    def values() -> np.ndarray:
        model = network().to(torch.bfloat16)
        with Collector(model, pattern="0", output=True, size=7, seed=3) as collector:
            for step in range(20):
                torch.manual_seed(step)
                model(torch.randn(4, 6).bfloat16())
                collector.step()
        return collector.layers["0"].values.copy()

    assert (values() == values()).all()


def test_nothing_chosen_is_refused_with_the_names():
    with pytest.raises(ValueError, match=r"0 \(Linear\), 1 \(ReLU\)"):
        Collector(network(), types=(nn.Conv2d,))
    with pytest.raises(ValueError, match="no module chosen"):
        Collector(network())
