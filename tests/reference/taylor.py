"""Prints the rows of src/expr/reference.rs."""
from mpmath import *
mp.dps=60
Phi=lambda x: ncdf(x); phi=lambda x: npdf(x); sg=lambda x:1/(1+exp(-x)); sp=lambda x: log(1+exp(x))
fs={ # name: (the expression in the Rust test, the function here)
"gelu":("x().apply(Op::Gelu)",lambda x:x*Phi(x)),
"silu":("x().apply(Op::Silu)",lambda x:x*sg(x)),
"mish":("x().apply(Op::Mish)",lambda x:x*tanh(sp(x))),
"telu":("x().apply(Op::Telu)",lambda x:x*tanh(exp(x))),
"gelu_tanh":("x().apply(Op::GeluTanh)",lambda x:x*sg(2*sqrt(2/pi)*(x+mpf('0.044715')*x**3))),
"tanh":("x().apply(Op::Tanh)",tanh),
"sigmoid":("x().apply(Op::Sigmoid)",sg),
"softplus":("x().apply(Op::Softplus)",sp),
"log_sigmoid":("x().apply(Op::LogSigmoid)",lambda x:-sp(-x)),
"erf":("x().apply(Op::Erf)",erf),
"erfc":("x().apply(Op::Erfc)",erfc),
"Phi":("x().apply(Op::NormalCdf)",Phi),
"phi":("x().apply(Op::NormalPdf)",phi),
"isru":("x().apply(Op::Isru)",lambda x:x/sqrt(1+x*x)),
"softsign":("x().apply(Op::Softsign)",lambda x:x/(1+(x if x>0 else -x))),
"elu":("x().apply(Op::Elu)",lambda x: x if x>0 else expm1(x)),
"elish":("x().apply(Op::Elish)",lambda x: x*sg(x) if x>=0 else expm1(x)*sg(x)),
"atan":("x().apply(Op::Atan)",atan),
"asinh":("x().apply(Op::Asinh)",asinh),
"sin":("x().apply(Op::Sin)",sin),
"cosh":("x().apply(Op::Cosh)",cosh),
"tan":("x().apply(Op::Tan)",tan),
"i0e":("x().apply(Op::BesselI0e)",lambda x: exp(-(x if x>0 else -x))*besseli(0,x)),
"i1e":("x().apply(Op::BesselI1e)",lambda x: exp(-(x if x>0 else -x))*besseli(1,x)),
"crrelu":("Expr::call(Op::Max, [Expr::int(0), x()]) + x() * (-x().powi(2) / Expr::int(2)).apply(Op::Exp)",lambda x:(x if x>0 else mpf(0))+x*exp(-x*x/2)),
"power":("Expr::call(Op::Pow, [Expr::int(2000) + x(), Expr::ratio(-2, 3)])",lambda x:(2000+x)**(mpf(-2)/3)),
"inverse_cube":("x().powi(-3)",lambda x:x**-3),
"two_to":("Expr::call(Op::Pow, [Expr::int(2), x()])",lambda x:mpf(2)**x),
}
for n,(r,f) in fs.items():
    for x in ['-40','-2.3','0.4','30']:
        xv=mpf(float(x))
        mp.dps=120
        c=[diff(f,xv,k,h=mpf(10)**-20)/factorial(k) for k in range(5)]
        mp.dps=60
        def s(v):
            v=mpf(v.real if hasattr(v,'real') else v)
            if abs(v)<mpf(10)**-306: return "0.0"
            t=repr(float(v)); return t if ('.' in t or 'e' in t) else t+".0"
        # derivatives by differences carry 1e-15-ish noise where exactly 0
        c=[mpf(0) if abs(v)<mpf(10)**-300 else v for v in c]
        print(f'    ("{n}", {x if "." in x else x+".0"}, [{", ".join(s(v) for v in c)}]),')
