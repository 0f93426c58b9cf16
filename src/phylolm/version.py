"""The package's version, from its installed metadata."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("phylolm")
except PackageNotFoundError:
    __version__ = "0+unknown"
