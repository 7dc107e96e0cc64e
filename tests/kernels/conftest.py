"""Real kernels for the tests in this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.kernels.harness import VERSIONS, RealKernel


@pytest.fixture
def anyio_backend() -> str:
    """Run the clients on asyncio: jupyter_client knows nothing else."""
    return "asyncio"


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Return each ipykernel version in turn."""
    return str(request.param)


@pytest.fixture
async def kernel(version: str) -> AsyncIterator[RealKernel]:
    """Start a fresh kernel of each version in turn."""
    async with RealKernel(version) as kernel:
        yield kernel
