"""`Provider`: who answers Claude Code. It shows names and hosts, never a key.

The rules come from trials with the tested version of Claude Code, which `jupyter_claude_sdk` names:
its order of the providers, their default regions, and what it does without one of these variables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .._health.problem import Problem
from .._text import one_line
from .addresses import BY_HOST, first, host_of, parts_of

PROVIDER = "Provider"
#: The variable that chooses each provider, in Claude Code's order.
SWITCHES = {
    "CLAUDE_CODE_USE_BEDROCK": "Amazon Bedrock",
    "CLAUDE_CODE_USE_FOUNDRY": "Microsoft Foundry",
    "CLAUDE_CODE_USE_VERTEX": "Google Vertex AI",
}
_ADDRESSES = {
    "": "ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_USE_BEDROCK": "ANTHROPIC_BEDROCK_BASE_URL",
    "CLAUDE_CODE_USE_FOUNDRY": "ANTHROPIC_FOUNDRY_BASE_URL",
    "CLAUDE_CODE_USE_VERTEX": "ANTHROPIC_VERTEX_BASE_URL",
}
#: Variables that have no effect without their provider.
_ONLY_WITH = {
    "CLAUDE_CODE_USE_BEDROCK": ("ANTHROPIC_BEDROCK_BASE_URL",),
    "CLAUDE_CODE_USE_FOUNDRY": (
        *("ANTHROPIC_FOUNDRY_API_KEY", "ANTHROPIC_FOUNDRY_AUTH_TOKEN"),
        *("ANTHROPIC_FOUNDRY_RESOURCE", "ANTHROPIC_FOUNDRY_BASE_URL"),
    ),
    "CLAUDE_CODE_USE_VERTEX": ("ANTHROPIC_VERTEX_PROJECT_ID", "ANTHROPIC_VERTEX_BASE_URL"),
}
_RESOURCE, _KEY = "ANTHROPIC_FOUNDRY_RESOURCE", "ANTHROPIC_API_KEY"
_PROJECTS = ("ANTHROPIC_VERTEX_PROJECT_ID", "GCLOUD_PROJECT", "GOOGLE_CLOUD_PROJECT")
_OWN_HOST = "api.anthropic.com"
#: What each provider takes as credentials, the first one first, and what it does without these.
_CREDENTIALS = {
    "CLAUDE_CODE_USE_BEDROCK": (
        *("CLAUDE_CODE_SKIP_BEDROCK_AUTH", "AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID"),
        *("AWS_PROFILE", "what the AWS SDK finds"),
    ),
    "CLAUDE_CODE_USE_FOUNDRY": (
        *("CLAUDE_CODE_SKIP_FOUNDRY_AUTH", "ANTHROPIC_FOUNDRY_AUTH_TOKEN"),
        *("ANTHROPIC_FOUNDRY_API_KEY", "what the Azure SDK finds"),
    ),
    "CLAUDE_CODE_USE_VERTEX": (
        *("CLAUDE_CODE_SKIP_VERTEX_AUTH", "GOOGLE_APPLICATION_CREDENTIALS"),
        "Google's default credentials",
    ),
}


@dataclass(frozen=True)
class Provider:
    """Who answers.

    Attributes
    ----------
    switch : str
        The variable that chooses it; "" for the Claude API and gateways that speak as it does.
    address : str
        The variable that has its address; "" if none has.
    gateway : str
        The host of that address, if its user gives it a token; otherwise "".
    text : str
        The provider in words, with region, project and host.
    """

    switch: str
    address: str
    gateway: str
    text: str

    def credentials(self, variables: Mapping[str, str]) -> str:
        """Return what it takes as credentials, in words; "" for the Claude API and gateways."""
        if not self.switch:
            return ""
        *names, found = _CREDENTIALS[self.switch]
        name = first(variables, names)
        if name == names[0]:
            return f"credentials are the gateway's ({name})"
        return f"with {name or found}, not tried"

    @property
    def name(self) -> str:
        """Its name, such as "Amazon Bedrock"."""
        return SWITCHES.get(self.switch, "The Claude API")


def provider_of(variables: Mapping[str, str]) -> Provider:
    """Return who answers a Claude Code with these variables."""
    switch = next((name for name in SWITCHES if _is_on(variables, name)), "")
    address = first(variables, [_ADDRESSES[switch]])
    host = host_of(variables[address]) if address else ""
    if host == _OWN_HOST:
        address = host = ""
    # A key for this kernel, or a scripted model: another token of the gateway's helps with neither.
    gateway = "" if variables.get(BY_HOST) else host
    if not switch:
        text = f"a gateway at {host} ({address})" if host else "the Claude API"
        return Provider(switch, address, gateway, text)
    place = _place(switch, variables)
    at = f", through {host} ({address})" if address else ""
    return Provider(switch, address, gateway, f"{SWITCHES[switch]} ({switch}){place}{at}")


def provider_problems(variables: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is contradictory or missing in the variables of the provider."""
    provider = provider_of(variables)
    yield from _other_providers(provider, variables)
    address = provider.address
    parts = parts_of(variables[address]) if address else None
    if address and (parts is None or parts.scheme not in ("http", "https")):
        yield _problem(
            f"{address} is no address of a server, so no prompt can be answered",
            "begin it with https://",
        )
    if provider.switch == "CLAUDE_CODE_USE_BEDROCK" and not _aws_region(variables):
        yield _problem("No AWS region is set, so Claude Code takes us-east-1", "set AWS_REGION")
    if provider.switch == "CLAUDE_CODE_USE_VERTEX":
        yield from _vertex_problems(variables)
    if provider.switch == "CLAUDE_CODE_USE_FOUNDRY":
        yield from _foundry_problems(address, variables)


def _other_providers(provider: Provider, variables: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what belongs to a provider that is not in use."""
    switch = provider.switch
    both = [name for name in SWITCHES if _is_on(variables, name) and name != switch]
    if both:
        yield _problem(
            f"{' and '.join([switch, *both])} are set; Claude Code uses {provider.name}",
            f"unset {' and '.join(both)}",
        )
    if switch and first(variables, [_KEY]):
        yield _problem(
            f"{_KEY} is set, but {provider.name} does not use it",
            "unset it: Claude Code may send the key there",
        )
    if switch and first(variables, [_ADDRESSES[""]]):
        yield _problem(
            f"{_ADDRESSES['']} is set, but {provider.name} does not use it",
            f"unset it, or set {_ADDRESSES[switch]} to the gateway's address",
        )
    for other, names in _ONLY_WITH.items():
        if other != switch and other not in both and (name := first(variables, names)):
            yield _problem(
                f"{name} is set, but {SWITCHES[other]} is not chosen",
                f"set {other}=1, or unset {name}",
            )


def _vertex_problems(variables: Mapping[str, str]) -> Iterator[Problem]:
    if not first(variables, (*_PROJECTS, "GOOGLE_APPLICATION_CREDENTIALS")):
        yield _problem("No Google Cloud project is set", f"set {_PROJECTS[0]}")
    if not first(variables, ["CLOUD_ML_REGION"]):
        yield _problem(
            "No region is set for Vertex AI, so Claude Code takes us-east5", "set CLOUD_ML_REGION"
        )


def _foundry_problems(address: str, variables: Mapping[str, str]) -> Iterator[Problem]:
    if address and first(variables, [_RESOURCE]):
        yield _problem(f"Both {address} and {_RESOURCE} are set", "unset one of them")
    if not address and not first(variables, [_RESOURCE]):
        yield _problem("Microsoft Foundry has no resource", f"set {_RESOURCE} to its name")


def _place(switch: str, variables: Mapping[str, str]) -> str:
    """Return the region, the project or the resource of a provider."""
    if switch == "CLAUDE_CODE_USE_BEDROCK":
        return f", region {one_line(_aws_region(variables) or 'us-east-1')[:100]}"
    if switch == "CLAUDE_CODE_USE_VERTEX":
        project = first(variables, _PROJECTS)
        named = f"project {one_line(variables[project])[:100]}" if project else "no project"
        region = variables.get("CLOUD_ML_REGION", "").strip() or "us-east5"
        return f", {named}, region {one_line(region)[:100]}"
    resource = variables.get(_RESOURCE, "").strip()
    return f", resource {one_line(resource)[:100]}" if resource else ""


def _aws_region(variables: Mapping[str, str]) -> str:
    """Return the region that a variable or the user's file of AWS names; "" if none does."""
    name = first(variables, ["AWS_REGION", "AWS_DEFAULT_REGION"])
    if name:
        return variables[name].strip()
    import configparser  # only for Bedrock

    home = Path(variables.get("HOME") or Path.home())
    path = Path(variables.get("AWS_CONFIG_FILE") or home / ".aws" / "config")
    file = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        file.read(path)
    except (OSError, ValueError, configparser.Error):
        return ""
    profile = variables.get("AWS_PROFILE") or "default"
    sections = (f"profile {profile}", profile)
    return next((file[one].get("region", "") for one in sections if one in file), "")


def _is_on(variables: Mapping[str, str], name: str) -> bool:
    return variables.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def _problem(text: str, remedy: str) -> Problem:
    return Problem(PROVIDER, text, remedy)
