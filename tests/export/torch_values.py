"""Prints `value slope parameter-slopes ; value32 slope32` of exported PyTorch files, point by point, having checked that the
module, TorchScript, double backward, autocast, half precision, parameter groups and registration work, and where this torch has
them torch.compile, torch.export and torch.func. Usage: torch_values.py POINTS NAME..."""

import importlib
import inspect
import sys
import types

import torch

points = torch.tensor([float(p) for p in sys.argv[1].split(",")], dtype=torch.float64)
inside = points[points.isfinite() & (points.abs() < 50)]


def slopes(f, *arguments):
    """The slopes at each point, by each argument; a parameter has one value per point."""
    arguments = [a.clone().requires_grad_() for a in arguments]
    return torch.autograd.grad(f(*arguments).sum(), arguments)


def close(found, expected, name, rtol=1e-9, atol=1e-12):
    torch.testing.assert_close(found, expected, rtol=rtol, atol=atol, equal_nan=True, msg=lambda m: f"{name}: {m}")


def check(module, name, f, layer, parameters):
    # TorchScript differentiates step by step: values are the same, slopes have fewer digits in the tails.
    scripted = torch.jit.script(layer)
    close(scripted(points), layer(points), name, atol=0.0, rtol=1e-15)
    finite = points[points.isfinite()]
    (expected,) = slopes(layer, finite)
    (found,) = slopes(scripted, finite)
    close(found[expected.isfinite()], expected[expected.isfinite()], name)
    # Half precision, and autocast.
    narrow = points.to(torch.bfloat16)
    assert f(narrow).dtype == torch.bfloat16, name
    close(f(narrow), f(narrow.float()).bfloat16(), name, 0.0, 0.0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = layer(inside.float())
        assert layer(inside.bfloat16()).dtype == torch.bfloat16, name
    close(mixed, layer(inside.float()), name, 0.0, 0.0)
    # One parameter for each channel, on the first and the last axis of images and tokens.
    batch = torch.linspace(-2, 2, 24, dtype=torch.float64)
    for shape, dim in [((2, 3, 4), 1), ((2, 4, 3), -1)]:
        x = batch.reshape(shape)
        channels = getattr(module, type(layer).__name__)(*([3, dim] if parameters else []), **({"dtype": torch.float64} if parameters else {}))
        close(channels(x), f(x), name, 1e-12)
        if parameters:
            channels(x).square().sum().backward()
        for p in channels.parameters():
            assert p.shape == (3,) and bool(p.grad.isfinite().all()), name
    assert layer(torch.tensor(1.5)).shape == (), name
    assert f(torch.arange(3)).dtype.is_floating_point, name
    if parameters:
        assert all(f"{p}=" in repr(layer) for p in parameters), repr(layer)
        model = torch.nn.Sequential(torch.nn.Linear(3, 3), layer)
        learned = list(layer.parameters())
        if learned:
            rest, free = module.parameter_groups(model, 0.1)
            assert len(rest["params"]) == 2 and rest["weight_decay"] == 0.1, name
            assert [id(p) for p in free["params"]] == [id(p) for p in learned] and free["weight_decay"] == 0.0, name
        copy = type(layer)()
        copy.load_state_dict(layer.state_dict())


def check_twice(name, f):
    """Double backward."""
    x = torch.tensor([-2.1, -0.6, 0.3, 1.7], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(f, (x,)) and torch.autograd.gradgradcheck(f, (x,)), name


def check_current(name, f, layer):
    """What only current versions of torch have."""
    x = inside.float()
    if hasattr(torch, "func"):
        close(torch.func.vmap(torch.func.grad(f))(points), slopes(f, points)[0], name, 0.0, 0.0)
    if hasattr(torch, "compile"):
        compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
        close(compiled(x), layer(x), name, 1e-6)
        close(slopes(compiled, x)[0], slopes(f, x)[0], name, 1e-6)
        torch._dynamo.reset()
    if hasattr(torch, "export"):
        program = torch.export.export(layer, (x,))
        close(program.module()(x), layer(x), name, 1e-6)


def check_registration(module, name, layer):
    """With stand-ins for the tables of transformers and timm."""
    tables = types.SimpleNamespace(_ACT_FN_DEFAULT={}, _ACT_LAYER_DEFAULT={})
    activations = types.ModuleType("transformers.activations")
    activations.ACT2FN = {}
    layers = types.ModuleType("timm.layers")
    layers.create_act = tables
    sys.modules.update({"transformers": types.ModuleType("transformers"), "transformers.activations": activations})
    sys.modules.update({"timm": types.ModuleType("timm"), "timm.layers": layers})
    module.register()
    assert activations.ACT2FN[name] is type(layer) and tables._ACT_LAYER_DEFAULT[name] is type(layer)
    assert tables._ACT_FN_DEFAULT[name] is getattr(module, name)
    for stand_in in ["transformers", "transformers.activations", "timm", "timm.layers"]:
        del sys.modules[stand_in]
    module.register()


for count, name in enumerate(sys.argv[2:]):
    module = importlib.import_module(name)
    f = getattr(module, name)
    parameters = list(inspect.signature(f).parameters)[1:]
    layers = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, torch.nn.Module)]
    (layer,) = [v() for v in layers]
    check(module, name, f, layer, parameters)
    if count % 7 == 0 or parameters:
        check_current(name, f, layer)
        if name not in ("f_relu", "f_tanh"):
            check_twice(name, f)
    if count == 0:
        check_registration(module, name, layer)
    values = f(points)
    given = [torch.full_like(points, module.DEFAULTS[p]) for p in parameters]
    found = slopes(f, points, *given)
    single = points.float()
    row = [f(single), slopes(f, single)[0]]
    for i in range(len(points)):
        wide = [values[i]] + [s[i] for s in found]
        print(*(repr(float(v)) for v in wide), ";", *(repr(float(v[i])) for v in row))
