"""What Chromium is started with: its flags and its environment."""

import os

from scrapers.browsing.settings import BrowserSettings

__all__ = ["browser_environment", "launch_flags"]

# Nothing leaves but through the proxy: no UDP (QUIC, WebRTC), no look-up of a name, no way around it for loopback
# (Playwright adds the last one too, unless an environment variable of its own says otherwise).
_GUARD = (
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--proxy-bypass-list=<-loopback>",
)
_HOVER = "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"
_PASSED_ON = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH"}
_PASSED_ON_PREFIXES = ("LC_", "XDG_", "FONTCONFIG_")


def launch_flags(settings: BrowserSettings, folder: str) -> list[str]:
    """Flags beside those of Playwright; all are right for every source, what is for one source is set in its tabs.

    `--disable-features` and `--enable-features` may not be among them: Playwright gives both, and the last one counts.

    Args:
      folder: where this Chromium may leave things; its processes are known by it, too (see `strays`).
    """
    return [
        *_GUARD,
        *_never_loaded(settings),
        f"--crash-dumps-dir={folder}",
        # A script that fills its heap ends its own tab at this point; without it, at 2 to 4 GB.
        f"--js-flags=--max-old-space-size={settings.renderer_memory_mb}",
    ]


def _never_loaded(settings: BrowserSettings) -> list[str]:
    fonts = ["--disable-remote-fonts"] if "fonts" in settings.never_loaded else []
    # `--blink-settings` is Playwright's, too, and the last one counts: its own are said again
    images = [f"--blink-settings=imagesEnabled=false,{_HOVER}"] if "images" in settings.never_loaded else []
    return fonts + images


def browser_environment(folder: str) -> dict[str, str | float | bool]:
    """Environment of Chromium's processes: they render strangers' pages, so they are told no secret of ours."""
    kept = {
        name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    # TMPDIR: for shared memory, too, which Playwright keeps out of /dev/shm (64 MB in a container).
    return {**kept, "TMPDIR": folder, "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
