"""The version of the package, recorded in results and written files."""

__version__ = "0.1.0"
