"""Shows torch's tensors: shape, type, device; the range of small ones on the CPU."""

from __future__ import annotations

from typing import Any

from .._text import exact_line
from .arrays import MOST_READ, shape_text, size_text
from .classes import known, member
from .sight import Sight

TENSOR = ("torch:Tensor", "torch:Parameter")
_MOST_SHOWN = 10


def handles(name: str) -> bool:
    """Whether the class with this known name is one of these."""
    return name in TENSOR


def brief(thing: Any, sight: Sight, path: str) -> str:
    """Return one line: the class, shape, type, device and whether it needs a gradient."""
    name = known(thing).partition(":")[2]
    if _is_watched():
        return f"torch {name}"
    parts = [f"torch {name}, shape {shape_text(tuple(thing.shape))}"]
    parts.append(exact_line(str(thing.dtype)).removeprefix("torch."))
    parts.append(exact_line(str(thing.device)))
    parts.append(size_text(thing.numel() * thing.element_size()))
    if thing.requires_grad:
        parts.append("requires_grad")
    return ", ".join(parts)


def detail(thing: Any, sight: Sight, path: str, rows: int) -> list[str]:
    """Return the range of a small tensor, and its first values if they are asked for."""
    number = 0 if _is_watched() else thing.numel()
    if not number:
        return []
    if str(thing.device) != "cpu" or str(thing.layout) != "torch.strided":
        return ["(its values are not looked at: only those on the CPU are)"]
    if number > MOST_READ:
        return [f"(its range is not computed: it has more than {MOST_READ:,} values)"]
    flat = thing.detach().reshape(-1)
    lines = []
    if not flat.is_complex() and str(flat.dtype) != "torch.bool":
        lines.append(f"min {flat.min().item():.6g}, max {flat.max().item():.6g}")
    if rows > 0:
        values = ", ".join(f"{value}" for value in flat[: min(rows, _MOST_SHOWN)].tolist())
        lines.append(f"first values: {values}")
    return lines


def _is_watched() -> bool:
    """Whether a mode is on in which torch calls the user's code with each operation."""
    for name in ("_len_torch_function_stack", "_len_torch_dispatch_stack"):
        depth = member("torch._C", name)
        if depth is not None and depth() > 0:
            return True
    return False
