"""Fixtures of this folder: real kernels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.kernels.harness import VERSIONS, RealKernel

Kernels = Callable[[str], Awaitable[RealKernel]]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Run the clients on asyncio: jupyter_client supports only that."""
    return "asyncio"


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Return each ipykernel version in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
async def kernels(anyio_backend: str) -> AsyncIterator[Kernels]:
    """Start one kernel of each version for a whole module: a start takes over a second."""
    running: dict[str, RealKernel] = {}

    async def get(version: str) -> RealKernel:
        if version not in running:
            kernel = RealKernel(version)
            await kernel.start()
            running[version] = kernel
        return running[version]

    yield get
    for kernel in running.values():
        await kernel.stop()


@pytest.fixture
async def kernel(version: str, kernels: Kernels) -> RealKernel:
    """Return the module's kernel of each version in turn."""
    return await kernels(version)
