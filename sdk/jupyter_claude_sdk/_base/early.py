"""Imports the modules of others that this package needs at the first use of its names.

In a kernel the user's folder comes before all others on ``sys.path``. The user may go to another
folder before the first use, and a file there, such as tempfile.py, must not take the place of a
module.
"""

# ruff: noqa: F401

import asyncio
import atexit
import contextvars
import dataclasses
import enum
import inspect
import json
import logging
import math
import pathlib
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import uuid
import warnings
import weakref

import anyio.abc
import anyio.lowlevel
import orjson
