"""Where a source's saved storage state is: in a secret, or in a file that a secret or the source names."""

from collections.abc import Callable
from pathlib import Path

from scrapers.browsing.session_state import BadState, Storage, read_state
from scrapers.source_files.template import fill_secrets, placeholders

__all__ = ["saved_state"]

_MAX_BYTES = 20_000_000


def saved_state(rule: str, secret: Callable[[str], str], folder: Path) -> tuple[Storage, int]:
    """The state that `session.storage_state` speaks of, and a number that another text would have another of.

    Args:
      folder: of the source files. It goes to workers and into version control: no state may lie there.

    Raises:
      BadState: there is none, or none that can be used.
    """
    is_secret = bool(placeholders(rule))
    text = fill_secrets(rule, lambda name: _value(name, secret)).strip()
    if text.startswith(("{", "[")):
        if not is_secret:
            raise BadState("it stands in the source file itself: expected ${secret.NAME}, or the path of a file")
    else:
        text = _content(text, "what the secret holds" if is_secret else text, folder)
    return read_state(text), hash(text)


def _value(name: str, secret: Callable[[str], str]) -> str:
    try:
        return secret(name)
    except (KeyError, OSError, ValueError):
        raise BadState(
            f"the secret {name!r} is not set (SCRAPELINE_SECRET_{name.upper()} in the environment)"
        ) from None


def _content(path_text: str, shown: str, folder: Path) -> str:
    """The file's text. A path is absolute: relative ones would lead into the folder of the sources."""
    try:
        path = Path(path_text).expanduser()
        if not path.is_absolute():
            raise BadState(f"{shown} is neither JSON nor an absolute path")
        if path.resolve().is_relative_to(folder.resolve()):
            raise BadState(f"{shown} lies in the folder of the sources, which is no place for secrets")
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise BadState(f"{shown} has more than {_MAX_BYTES // 1_000_000} MB")
        return data.decode("utf-8-sig").strip()
    except OSError as error:
        raise BadState(f"{shown} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadState(f"{shown} is not UTF-8") from None
    except (RuntimeError, ValueError) as error:  # no home folder, a NUL in it
        if isinstance(error, BadState):
            raise
        raise BadState(f"{shown} is neither JSON nor a path") from None
