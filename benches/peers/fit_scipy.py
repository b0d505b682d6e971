"""SciPy's fits of a normal, a logistic and a Student t distribution to an .npy file.

usage: python3 fit_scipy.py FILE.npy       (needs: numpy, scipy)
Prints a line `family seconds log-likelihood` for each; reading the file is not counted.
"""
import sys, time
import numpy as np
from scipy import stats

x = np.load(sys.argv[1]).astype(float)
for name, law in (("normal", stats.norm), ("logistic", stats.logistic), ("student_t", stats.t)):
    start = time.perf_counter()
    parameters = law.fit(x)
    seconds = time.perf_counter() - start
    print(name, seconds, float(law.logpdf(x, *parameters).sum()), flush=True)
