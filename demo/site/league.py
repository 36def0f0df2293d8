"""stats.league.example: statistics tables as such sites print them, in ISO-8859-2.

Stacked headers with colspan and rowspan, repeated for each team, a team's name once for all its players (rowspan),
a row of totals that is no player, and the second table inside an HTML comment, from where a script would take it.
"""

import dataclasses
import random

from aiohttp import web

from demo.site.answers import answer, frame, robots

__all__ = ["SEASONS", "Player", "league", "players", "share"]

SEASONS = range(2023, 2027)
TEAMS = {"Praha": "pra", "Brno": "brn", "Łódź": "lod", "Győr": "gyo"}
PLAYERS_A_TEAM = 7
_FIRST = ["Jiří", "Tomáš", "Zsófia", "Łukasz", "Eva", "Žofie", "Péter"]
_LAST = ["Dvořák", "Kovács", "Wiśniewski", "Šimek", "Novák", "Černý", "Tóth"]

_TOTALS_HEAD = """<tr class="over"><th rowspan="2">Team</th><th rowspan="2">Player</th><th rowspan="2">G</th>
<th colspan="3">Field goals</th><th colspan="3">Three pointers</th><th rowspan="2">PTS</th></tr>
<tr class="thead"><th>FG</th><th>FGA</th><th>FG%</th><th>FG</th><th>FGA</th><th>FG%</th></tr>"""


@dataclasses.dataclass(frozen=True)
class Player:
    slug: str
    name: str
    team: str
    games: int
    made: int
    tried: int
    threes: int
    threes_tried: int
    points: int


def players(season: int) -> list[Player]:
    """A season's players, team by team."""
    return [_player(season, team, number) for team in TEAMS for number in range(PLAYERS_A_TEAM)]


def _player(season: int, team: str, number: int) -> Player:
    chance = random.Random(f"{season}:{team}:{number}")  # noqa: S311  demo data
    tried = chance.randrange(20, 900)
    threes_tried = chance.randrange(0, tried // 2)
    threes, twos = chance.randrange(0, threes_tried + 1), chance.randrange(0, tried - threes_tried)
    made = twos + threes
    slug = f"{TEAMS[team]}{number:02}"
    name = f"{_FIRST[number]} {_LAST[(number + list(TEAMS).index(team)) % len(_LAST)]}"
    return Player(slug, name, team, chance.randrange(1, 40), made, tried, threes, threes_tried, 2 * twos + 3 * threes)


def league() -> web.Application:
    app = web.Application()
    app.router.add_get("/robots.txt", robots("User-agent: *\nCrawl-delay: 0.02\nDisallow: /cgi-bin/\n"))
    app.router.add_get("/{season:[0-9]{4}}/players.html", _season)
    return app


async def _season(request: web.Request) -> web.Response:
    season = int(request.match_info["season"])
    if season not in SEASONS:
        return answer(request, frame("Not found", "<main><h1>404</h1></main>"), status=404)
    body = f"""<main><h1>{season} season</h1>
<div id="all_totals"><table id="totals" class="stats"><thead>{_TOTALS_HEAD}</thead>
<tbody>{_totals(season)}</tbody></table></div>
<div id="all_advanced" class="setup_commented">
<!--
<div class="wrap"><table id="advanced" class="stats">{_advanced(season)}</table></div>
-->
</div></main>"""
    return answer(request, frame("League", body, charset="iso-8859-2"), charset="iso-8859-2")


def share(made: int, tried: int) -> str:
    """As sports pages print it: `.455`, and nothing for nothing tried."""
    return ("1.000" if made == tried else f"{made / tried:.3f}".removeprefix("0")) if tried else ""


def _name_cell(player: Player) -> str:
    return f'<td data-append-csv="{player.slug}"><a href="/players/{player.slug}.html">{player.name}</a></td>'


def _totals(season: int) -> str:
    rows = []
    for place, player in enumerate(players(season)):
        team = ""
        if place % PLAYERS_A_TEAM == 0:
            rows.append(_TOTALS_HEAD if place else "")
            team = f'<td rowspan="{PLAYERS_A_TEAM}">{player.team}</td>'
        cells = [
            *(player.games, player.made, player.tried, share(player.made, player.tried)),
            *(player.threes, player.threes_tried, share(player.threes, player.threes_tried), f"{player.points:,}"),
        ]
        rows.append(f"<tr>{team}{_name_cell(player)}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    points = sum(player.points for player in players(season))
    return "\n".join([*rows, f'<tr class="sum"><td colspan="9">League</td><td>{points:,}</td></tr>'])


def _advanced(season: int) -> str:
    rows = ["<thead><tr><th>Player</th><th>Tm</th><th>PTS/G</th><th>TS%</th></tr></thead><tbody>"]
    for player in players(season):
        true_shooting = share(player.points, 2 * player.tried)
        cells = [player.team, f"{player.points / player.games:.1f}", true_shooting]
        rows.append(f"<tr>{_name_cell(player)}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    return "\n".join([*rows, "</tbody>"])
