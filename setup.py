"""The distribution `scrapeline`: four packages and one command.

Versions of dependencies stand in requirements.lock only: Scrapeline is an application, installed from that lock.
"""

import re
from pathlib import Path

from setuptools import find_packages, setup

PACKAGES = ["pipelines", "transforms", "scrapers", "schemas"]

version_file = Path(__file__).parent / "schemas" / "version.py"
version = re.search(r'^__version__ = "(.+)"$', version_file.read_text("utf-8"), re.MULTILINE)
if version is None:
    raise SystemExit(f"{version_file} holds no __version__")

setup(
    name="scrapeline",
    version=version.group(1),
    description="A data factory for the web on Apache Beam",
    python_requires=">=3.11,<3.12",
    packages=find_packages(include=[name for package in PACKAGES for name in (package, f"{package}.*")]),
    package_data={"": ["py.typed", "*.json", "*.yaml", "*.txt"], "pipelines.report": ["sql/*.sql", "templates/*"]},
    entry_points={"console_scripts": ["scrapeline = pipelines.cli:main"]},
    zip_safe=False,
)
