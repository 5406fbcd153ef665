"""Looks at everything that an office depends on, and says what to do; changes nothing."""

from .answers import Depth, Finding, State
from .checks import CHECKS, examine

__all__ = ["CHECKS", "Depth", "Finding", "State", "examine"]
