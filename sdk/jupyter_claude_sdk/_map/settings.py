"""What the answers of a batch depend on besides their prompts, as its file keeps it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from .._options import ClaudeAgentOptions
from .cache import digest
from .memory import PER_PROCESS, free_memory
from .template import Template

#: Changes when an equal prompt with equal settings is asked in another way.
_FORM_VERSION = "1"
#: Options that change what Claude answers. The others say how it is reached, or have their own
#: place in the file.
_OPTIONS = (
    "append_system_prompt",
    "betas",
    "disallowed_tools",
    "effort",
    "extra_args",
    "fallback_model",
    "max_thinking_tokens",
    "max_turns",
    "settings",
    "task_budget",
    "thinking",
)
_MODEL = "ANTHROPIC_MODEL"

_MOST = 4  # processes by default


def settings_of(
    options: ClaudeAgentOptions,
    template: Template,
    schema: dict[str, Any] | None,
    tools: Sequence[str],
) -> dict[str, str]:
    """Return what answers depend on, as short texts. Long and private values are digests."""
    others = {name: repr(getattr(options, name)) for name in _OPTIONS if getattr(options, name)}
    prompt = options.system_prompt
    return {
        "form": _FORM_VERSION,
        "model": options.model or options.env.get(_MODEL) or os.environ.get(_MODEL, ""),
        "options": digest(others) if others else "",
        "schema": "" if schema is None else digest(schema),
        "system_prompt": "" if prompt is None else digest(repr(prompt)),
        "template": digest(template.source) if isinstance(template.source, str) else "",
        "tools": " ".join(sorted(tools)),
    }


def default_concurrency() -> int:
    """Return how many processes this machine has cores and memory for, from 1 to 4."""
    cores = (os.cpu_count() or 1) + 2  # processes mostly wait for the network
    free = free_memory()
    return max(1, min(_MOST, cores, _MOST if free is None else free // PER_PROCESS))
