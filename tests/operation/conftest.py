"""Fixtures of what runs the program."""

import os
import tempfile
from pathlib import Path

import pytest

_NOBODY = 65534


@pytest.fixture
def closed_folder():
    """A folder into which this process cannot write; root becomes nobody for as long."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        is_root = not os.geteuid()
        if is_root:
            os.seteuid(_NOBODY)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)
