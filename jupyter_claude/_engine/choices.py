"""`Choices`: sets the model and the permission mode, at once if Claude Code runs."""

from __future__ import annotations

import contextlib
from typing import Any, cast

from jupyter_claude_sdk import ControlRequestError, PermissionMode
from traitlets import Undefined

from .._core.host import Host
from .._health.health import Health
from .._policy import rules
from .._policy.policy import load_policy
from .._process.client import SharedClient
from .._process.permitted import adapt, permitted_kernel, permitted_mode, permitted_model
from .._turns.errors import ClaudeError
from .model_names import model_problem
from .modes import KERNEL, MODES, Choice, refusal
from .options import options_problem


class Choices:
    """The model and the permission mode of a session.

    Parameters
    ----------
    host : Host
        Its settings keep the choice.
    client : SharedClient
        Tells the process, and knows the models that the process lists.
    health : Health
        Knows which variables the settings files set.
    """

    def __init__(self, host: Host, client: SharedClient, health: Health) -> None:
        self._host = host
        self._client = client
        self._health = health
        self._restoring = False

    @property
    def models(self) -> tuple[Choice, ...]:
        """The models that Claude Code lists; empty before its first start."""
        return tuple(
            Choice(
                # An empty setting leaves the choice to Claude Code.
                value="" if model.get("value") == "default" else str(model.get("value") or ""),
                label=_name(str(model.get("displayName") or model.get("value") or "")),
                description=str(model.get("description") or ""),
            )
            for model in self._client.last_info.get("models") or []
            if isinstance(model, dict)
        )

    def offered_models(self) -> tuple[Choice, ...]:
        """Return the models to choose from, always with the chosen one."""
        chosen = self._host.settings.model
        models = self._permitted_models()
        if not any(model["value"] == chosen for model in models):
            models.append(Choice(value=chosen, label=chosen or "None chosen", description=""))
        return tuple(models)

    def _permitted_models(self) -> list[Choice]:
        """Return the models that the policy allows, beginning with the one for no choice."""
        policy = load_policy()
        models = [one for one in self.models if not rules.refused_model(policy, one["value"])]
        own = rules.default_model(policy)
        if own is not None:  # else Claude Code describes its own default
            models = [one for one in models if one["value"]]
        known = {model["value"] for model in models}
        for name in policy.models or ():  # Claude Code may not list these, such as a gateway's
            if "*" not in name and name not in known:
                models.append(Choice(value=name, label=name, description=""))
        if "" not in known and not rules.refused_model(policy, ""):
            means = (
                f"{own}, as the administrator's policy says" if own else "Claude Code's own choice"
            )
            models.insert(0, Choice(value="", label="Default", description=means))
        return models

    def other_models(self) -> list[Choice]:
        """Return the models to choose from, without the chosen one."""
        return [one for one in self.offered_models() if one["value"] != self._host.settings.model]

    def check_model(self, name: str | None) -> None:
        """Check that a model can have this name.

        Raises
        ------
        ClaudeError
            If Claude Code cannot know it, or the administrator's policy does not allow it.
        """
        permitted_model(name)
        if not name or name in (load_policy().models or ()):
            return
        given = self._health.variables_given()
        if problem := model_problem(name, self.models, self._host.settings.env, given):
            raise ClaudeError(problem)

    async def set_model(self, name: str | None) -> None:
        """Choose the model; see `Claude.set_model`."""
        model = None if name in (None, "", "default") else name
        self.check_model(model)
        if self._client.connected:
            await self._client.set_model(model)
        self._host.settings.model = model or ""

    def check_setting(self, change: Any) -> None:
        """Check that Claude Code, and the policy, accept a new value of a setting.

        Raises
        ------
        ClaudeError
            If one does not. The setting keeps its old value.
        """
        if change is None:
            adapt(self._host.settings)
        # The old value may be a wrong one too, such as that of a configuration file.
        elif not self._restoring and (refused := self._refused(change["name"], change["new"])):
            settings, name, old = self._host.settings, change["name"], change["old"]
            self._restoring = True
            try:
                # A list or dict has no old value if nobody has read it yet.
                setattr(settings, name, settings.trait_defaults(name) if old is Undefined else old)
            finally:
                self._restoring = False
            raise ClaudeError(refused)

    def _refused(self, name: str, value: Any) -> str:
        settings, policy = self._host.settings, load_policy()
        if name == "permission_mode":
            return rules.refused_mode(policy, value) or refusal(value, settings.env)
        if name == "kernel":
            return rules.refused_kernel(policy, value)
        if name == "model" and value:
            return rules.refused_model(policy, value)
        if name in ("cwd", "add_dirs"):
            folders = [value] if name == "cwd" else value
            return rules.refused_folders(policy, filter(None, folders))
        if name == "cli_path":
            return rules.refused_cli(policy, value)
        if name == "allowed_tools":
            return rules.refused_rules(policy, value, name)
        if name == "options":
            return options_problem(value)
        return ""  # the options as a whole are checked before each start

    async def set_mode(self, name: str) -> None:
        """Choose the permission mode; see `Claude.set_mode`."""
        if name not in [mode["value"] for mode in MODES]:
            names = ", ".join(mode["value"] for mode in MODES)
            raise ClaudeError(f"{name!r} is not a permission mode; choose one of {names}")
        permitted_mode(name)
        if refused := refusal(name, self._host.settings.env):
            raise ClaudeError(refused)
        if self._client.connected:
            # Claude Code takes some modes only at its start: the next prompt restarts it.
            with contextlib.suppress(ControlRequestError):
                await self._client.set_permission_mode(cast(PermissionMode, name))
        self._host.settings.permission_mode = name

    def set_kernel(self, name: str) -> None:
        """Choose whether Claude may look into the kernel; Claude Code learns it at the next prompt.

        Raises
        ------
        ClaudeError
            If there is no such choice.
        """
        names = [choice["value"] for choice in KERNEL]
        if name not in names:
            raise ClaudeError(f"kernel is one of {', '.join(names)}, not {name!r}")
        self._host.settings.kernel = permitted_kernel(name)


def _name(label: str) -> str:
    """Return the name of a model without advice: where space is short, views show all of it."""
    return label.removesuffix(" (recommended)")
