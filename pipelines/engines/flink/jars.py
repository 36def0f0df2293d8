"""`python -m pipelines.engines.flink.jars` (`make flink-jars`): brings the jars of Flink and of Beam's job server.

Silent when they are there. Maven copies them, 157 MB, in about 3 minutes, once. Exit status 1 and a line that says what
to do when it cannot.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import apache_beam

from pipelines.engines.folder import ENGINES, PROJECT

__all__ = ["FlinkMissing", "find_jars", "find_java", "main", "mixed_versions"]

POM = PROJECT / "templates" / "flink" / "pom.xml"
JAVA = 17
COPY_SECS = 1_800


class FlinkMissing(Exception):
    """Java or the jars are missing; the text says what to do about it."""


def find_jars() -> Path:
    """The folder of the jars.

    Raises:
      FlinkMissing: they were not brought, or for another pom.xml.
    """
    folder = _folder()
    if not (folder / "complete").exists():
        raise FlinkMissing("the jars of Flink are not here: make flink-jars")
    return folder


def find_java() -> str:
    """The program java.

    Raises:
      FlinkMissing: there is none, or not of version 17. Flink 1.19 knows no later one.
    """
    java = shutil.which("java")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60).stderr if java else ""
    version = re.search(r'version "(\d+)', said)
    if java is None or version is None or int(version[1]) != JAVA:
        found = f"this is {version[1]}" if version else "there is none"
        raise FlinkMissing(f"Java {JAVA} ({found}; on Debian: apt-get install openjdk-{JAVA}-jre-headless)")
    return java


def mixed_versions() -> str:
    """A line that says which versions work together here."""
    pom = POM.read_text()
    beam, flink, service = (
        re.findall(rf"<{name}.version>(.*)</{name}.version>", pom)[0] for name in ("beam", "flink", "jobservice")
    )
    return (
        f"Mixed versions: Python Beam {apache_beam.__version__} with Beam's Java runner {beam} for Flink {flink} "
        f"and its job service {service}. No matching job server can be had from the registry; where there is internet, "
        "--runner=FlinkRunner fetches the one that matches."
    )


def main() -> int:
    """Returns the exit status: 0 when the jars are there now."""
    try:
        find_java()
        if not (_folder() / "complete").exists():
            _copy()
        return 0
    except FlinkMissing as missing:
        print(f"Flink needs: {missing}\nUntil then, what needs Flink is left out.", file=sys.stderr, flush=True)
        return 1


def _copy() -> None:
    mvn = shutil.which("mvn")
    if mvn is None:
        raise FlinkMissing("Maven, to bring the jars (on Debian: apt-get install maven)")
    folder = _folder()
    shutil.rmtree(folder, ignore_errors=True)
    print("Bringing the jars of Flink by Maven (157 MB, about 3 minutes, once) ...", flush=True)
    command = [mvn, "--batch-mode", "--quiet", f"--file={POM}", "dependency:copy-dependencies"]
    try:
        ended = subprocess.run([*command, f"-DoutputDirectory={folder}"], timeout=COPY_SECS, check=False).returncode
    except subprocess.TimeoutExpired:
        raise FlinkMissing(f"a faster registry: Maven was not done after {COPY_SECS} s") from None
    if ended:
        raise FlinkMissing(f"a registry that has the jars: Maven ended with status {ended}")
    (folder / "complete").touch()


def _folder() -> Path:
    """Named for what was asked for: another pom.xml, other jars."""
    return ENGINES / "flink" / f"jars-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"


if __name__ == "__main__":
    sys.exit(main())
