"""Values of nine distributions and SciPy's fits to them: python3 fit.py (needs numpy and scipy).

Writes fit/values.npz, 2000 float32 values per distribution, and fit/scipy.json: for every array and every family the greatest
log-likelihood that SciPy's `fit` finds from its own start, with the statistic of Kolmogorov and Smirnov at its parameters.
"""
import json, pathlib, warnings
import numpy as np
from scipy import stats

warnings.simplefilter("ignore")
folder = pathlib.Path(__file__).resolve().parent / "fit"
folder.mkdir(exist_ok=True)
FAMILIES = {
    "normal": stats.norm, "logistic": stats.logistic, "laplace": stats.laplace, "student_t": stats.t,
    "sech": stats.hypsecant, "gumbel": stats.gumbel_r, "skew_normal": stats.skewnorm, "uniform": stats.uniform,
    "generalized_normal": stats.gennorm,
}
DRAWN = {
    "normal": stats.norm(-0.3, 1.7), "logistic": stats.logistic(2, 0.3), "laplace": stats.laplace(0.5, 2),
    "student_t": stats.t(3.5, 1, 0.5), "sech": stats.hypsecant(-1, 0.6), "gumbel": stats.gumbel_r(-1, 0.4),
    "skew_normal": stats.skewnorm(4, 0.3, 1.2), "uniform": stats.uniform(-2, 5),
    "generalized_normal": stats.gennorm(1.5, 1, 2),
}
random = np.random.default_rng(20241125)
values = {name: d.rvs(2000, random_state=random).astype(np.float32) for name, d in DRAWN.items()}
np.savez(folder / "values.npz", **values)
table = {}
for name, x in values.items():
    x = x.astype(float)
    table[name] = {}
    for family, law in FAMILIES.items():
        parameters = law.fit(x)
        table[name][family] = {
            "log_likelihood": float(law.logpdf(x, *parameters).sum()),
            "ks": float(stats.kstest(x, law.name, args=parameters).statistic),
        }
(folder / "scipy.json").write_text(json.dumps(table, indent=1) + "\n")
