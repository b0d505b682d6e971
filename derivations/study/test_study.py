"""The study's parts against what is known: entropies of known densities, corrections of p, convolution and slopes of JAX's own."""

import json
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import grid  # noqa: E402
from comparison import holm, mean_interval, paired_p, spearman  # noqa: E402
from layer_entropy import measure  # noqa: E402
from nets import cnn, conv, mlp, vit  # noqa: E402
from train import Budget, Trainer, switched  # noqa: E402


def normal_quantiles(n: int) -> np.ndarray:
    return stats.norm.ppf((np.arange(n) + 0.5) / n)


def test_entropy_of_a_normal():
    found = measure(1 + 2 * normal_quantiles(20000))
    assert found.entropy == pytest.approx(0.5 * np.log(2 * np.pi * np.e * 4), abs=0.01)
    assert found.negentropy == pytest.approx(0, abs=0.01)
    assert found.atoms == 0


def test_entropy_of_relu_is_that_of_the_mathematics():
    # math.md, section 1: a.c. part 0.70946926660233637, one atom of mass 1/2.
    found = measure(np.maximum(normal_quantiles(20000), 0))
    assert found.atoms == 0.5
    assert found.entropy == pytest.approx(0.70946926660233637, abs=0.01)
    assert np.isnan(found.negentropy)


def test_negentropy_does_not_change_with_scale():
    x = normal_quantiles(4000) ** 3
    assert measure(x).negentropy == pytest.approx(measure(7 * x - 2).negentropy, abs=1e-9)


def test_what_is_not_finite_has_no_entropy():
    assert np.isnan(measure(np.array([1.0, np.inf] * 500)).entropy)


def test_holm():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_interval_and_paired_test():
    mean, half = mean_interval([1.0, 2.0, 3.0])
    assert (mean, half) == pytest.approx((2.0, 4.302652729911275 / np.sqrt(3)))
    assert paired_p([1, 2, 4], [1, 2, 4]) == 1.0
    assert paired_p([2, 3, 5], [1, 2, 4]) == 0.0
    assert paired_p([1.1, 2.3, 4.2], [1, 2, 4]) == pytest.approx(stats.ttest_1samp([0.1, 0.3, 0.2], 0).pvalue)


def test_spearman_with_ties():
    x, y = [1, 2, 2, 4, 5, 9], [2, 1, 3, 3, 8, 9]
    rho, low, high = spearman(x, y, seed=0, draws=500)
    assert rho == pytest.approx(stats.spearmanr(x, y).statistic)
    assert low < rho < high <= 1


def test_convolution_is_that_of_jax():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 7, 7, 3), np.float32), rng.standard_normal((27, 5), np.float32)
    dimensions = ("NHWC", "HWIO", "NHWC")
    expected = jax.lax.conv_general_dilated(x, w.reshape(3, 3, 3, 5), (1, 1), "SAME", dimension_numbers=dimensions)
    np.testing.assert_allclose(conv(x, w), expected, rtol=1e-4, atol=1e-4)


def test_switched_gradients_are_those_of_the_choice():
    choices = [lambda x, p: jax.nn.gelu(x), lambda x, p: jnp.where(x > 0, x, p * x)]
    layer, x, p = switched(choices), jnp.linspace(-2, 2, 11), jnp.float32(0.3)
    for which, choice in enumerate(choices):
        expected = jax.grad(lambda x, p, f=choice: (f(x, p) ** 2).sum(), argnums=(0, 1))(x, p)
        found = jax.grad(lambda x, p, k=which: (layer(k, p, x) ** 2).sum(), argnums=(0, 1))(x, p)
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-5)


@pytest.mark.parametrize("net", [mlp(8), cnn(2, 8), vit(2, 8, 2, 1)], ids=lambda net: net.name)
def test_nets_give_logits_and_one_tap_a_layer(net):
    weights = net.init(np.random.default_rng(0), 8)
    logits, taps = net.apply(weights, jnp.zeros((3, 8, 8)), [jax.nn.relu] * net.layers)
    assert logits.shape == (3, 10)
    assert len(taps) == net.layers


def test_training_lowers_the_loss_and_is_repeatable():
    from data import digits

    relu = [lambda x, p: jax.nn.relu(x)] * 3
    trainer = Trainer(mlp(16), [relu], Budget(epochs=2, batch=50, rate=3e-3, probe=16))
    splits = [digits(seed, 500) for seed in (0, 1)]
    first, again = (trainer.run(0, splits, [0, 1], 0.0) for _ in range(2))
    assert (first.test_loss[:, -1] < first.test_loss[:, 0]).all()
    assert (first.accuracy == again.accuracy).all()
    assert first.taps[0].shape == (2, 3, 16 * 16)


def test_the_reduced_study_from_training_to_tables(tmp_path):
    command = [sys.executable, HERE / "run.py", "--reduced", "--out", tmp_path]
    first = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    tasks = json.loads((tmp_path / "summary.json").read_text())["tasks"]
    assert {name: list(rows) for name, rows in tasks.items()} == {name: grid.REDUCED_ROWS for name in grid.REDUCED_TASKS}
    # One epoch is little, but more than guessing one digit in ten.
    assert all(row["accuracy"] > 0.3 for row in tasks["digits_mlp"].values())
    assert "relu@normal -0.01" in (tmp_path / "tables.md").read_text()
    # A second run finds everything done.
    assert "accuracy" in first
    assert "accuracy" not in subprocess.run(command, check=True, capture_output=True, text=True).stdout
