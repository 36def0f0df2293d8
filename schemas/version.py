"""The one place where Scrapeline's version stands."""

__version__ = "0.1.0"
