"""The one home of configuration: the model of a stack, how it is parsed and checked, and the reference made from it."""

from config.model import KEYS, StackConfig
from config.parsing import ConfigError, load, parse
from config.siblings import read_siblings

__all__ = ["KEYS", "ConfigError", "StackConfig", "load", "parse", "read_siblings"]
