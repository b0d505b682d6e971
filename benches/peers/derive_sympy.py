"""What a researcher writes today for `eafo derive`: the EAFO correction of an activation under N(0,1) with SymPy.

The yardstick of `benches/`: written by hand from the formula Delta f = p' - p f''/f' (arXiv 2405.12954), not taken from any
other project, and timed beside `eafo derive` as a whole process.

usage: derive_sympy.py relu sigmoid ...      (needs: sympy)
"""
import sys
import sympy as sp

u = sp.symbols("u", positive=True)
p = sp.exp(-u**2 / 2) / sp.sqrt(2 * sp.pi)
catalogue = {
    "relu": u, "sigmoid": 1 / (1 + sp.exp(-u)), "tanh": sp.tanh(u), "softplus": sp.log(1 + sp.exp(u)),
    "silu": u / (1 + sp.exp(-u)), "gelu": u * (1 + sp.erf(u / sp.sqrt(2))) / 2,
    "mish": u * sp.tanh(sp.log(1 + sp.exp(u))),
}
for name in sys.argv[1:]:
    f = catalogue[name]
    print(name, sp.latex(sp.simplify(sp.diff(p, u) - p * sp.diff(f, u, 2) / sp.diff(f, u))))
