"""The version of the package, which results and written files name."""

__version__ = "0.1.0"
