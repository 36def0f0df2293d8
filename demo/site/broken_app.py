"""www.broken.example/app: what goes wrong only in a browser.

The pages are shells; a script puts the product there, and its price on a click.
"""

from aiohttp import web

from demo.site.answers import answer, frame, script

__all__ = ["add_broken_app"]

_APP = '<main id="app" data-sku="{sku}" {more}><p class="spinner">Loading &hellip;</p></main>{script}'
_SCRIPT = '<script src="/static/app.js"></script>'


def add_broken_app(app: web.Application) -> None:
    """Adds the pages to the broken shop."""
    app.router.add_get("/static/app.js", script("app"))
    for path, handler in {
        "/app/fine": _fine,
        "/app/newsletter": _newsletter,
        "/app/never-ready": _never_ready,
        "/app/no-button": _no_button,
        "/app/endless": _endless,
    }.items():
        app.router.add_get(path, handler)


def _page(sku: str, script: str = _SCRIPT, more: str = "") -> str:
    return frame("Broken", _APP.format(sku=sku, script=script, more=more))


async def _fine(request: web.Request) -> web.Response:
    return answer(request, _page("app-fine"))


async def _newsletter(request: web.Request) -> web.Response:
    return answer(request, frame("Newsletter", "<main><h1>Subscribe!</h1></main>"))


async def _never_ready(request: web.Request) -> web.Response:
    """Its script fails before it has done anything."""
    return answer(request, _page("app-never-ready", "<script>undefined.product</script>"))


async def _no_button(request: web.Request) -> web.Response:
    """The product is there; what should be clicked is not."""
    return answer(request, _page("app-no-button", more="data-sold"))


async def _endless(request: web.Request) -> web.Response:
    """A script that never gives the page back."""
    return answer(request, _page("app-endless", f"{_SCRIPT}<script>setTimeout(() => {{ for (;;); }}, 10)</script>"))
