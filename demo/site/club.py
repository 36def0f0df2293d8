"""members.club.example: a rowing club's results, for members; its log-in form carries a token against forgeries."""

import secrets
from typing import Any

from aiohttp import web

from demo.site.answers import answer, frame, robots

__all__ = ["MEMBER", "PASSWORD", "REGATTAS", "ROWERS", "club"]

MEMBER, PASSWORD = "ada@club.example", "eight-oars-for-the-demo"
REGATTAS = range(1, 7)
ROWERS = 8
_VISITORS: dict[str, dict[str, Any]] = {}  # cookie -> {"token": of its form, "member": whether it logged in}


def club() -> web.Application:
    app = web.Application()
    app.router.add_get("/robots.txt", robots("User-agent: *\nAllow: /\n"))
    app.router.add_get("/login", _form)
    app.router.add_post("/login", _log_in)
    app.router.add_get("/regatta/{number:[0-9]+}", _regatta)
    return app


def _visitor(request: web.Request) -> dict[str, Any] | None:
    return _VISITORS.get(request.cookies.get("visit", ""))


async def _form(request: web.Request) -> web.Response:
    """Every visitor gets a cookie and, in the form, the token that goes with it."""
    cookie, token = secrets.token_hex(16), secrets.token_hex(16)
    _VISITORS[cookie] = {"token": token, "member": False}
    wrong = '<p class="wrong">That did not work.</p>' if "wrong" in request.query else ""
    body = f"""<main><h1>Members only</h1>{wrong}<form class="log-in" action="/login" method="post">
<input type="hidden" name="csrf" value="{token}">
<label>E-mail <input type="email" name="email" autocomplete="username"></label>
<label>Password <input type="password" name="password" autocomplete="current-password"></label>
<button type="submit">Log in</button></form></main>"""
    response = answer(request, frame("Log in", body))
    response.set_cookie("visit", cookie, httponly=True, samesite="Lax")
    return response


async def _log_in(request: web.Request) -> web.Response:
    given, visitor = await request.post(), _visitor(request)
    if visitor is None or given.get("csrf") != visitor["token"]:
        return answer(request, frame("Forbidden", "<main><h1>403</h1></main>"), status=403)
    if (given.get("email"), given.get("password")) != (MEMBER, PASSWORD):
        raise web.HTTPSeeOther("/login?wrong=1")
    visitor["member"] = True
    raise web.HTTPSeeOther("/regatta/1")


async def _regatta(request: web.Request) -> web.Response:
    visitor, number = _visitor(request), int(request.match_info["number"])
    if visitor is None or not visitor["member"]:
        raise web.HTTPFound("/login")
    rows = "".join(
        f'<tr data-crew="{number}-{place}"><td>{place}</td><td>Crew {(number * 5 + place) % 23}</td>'
        f"<td>{6 + place // 4}:{(number * 7 + place * 11) % 60:02}.{number}</td></tr>"
        for place in range(1, ROWERS + 1)
    )
    body = f"""<nav><span class="member">{MEMBER}</span> <a href="/logout">Log out</a></nav>
<main><h1>Regatta {number}</h1><table class="results"><thead><tr><th>Place</th><th>Crew</th><th>Time</th></tr></thead>
<tbody>{rows}</tbody></table></main>"""
    return answer(request, frame(f"Regatta {number}", body))
