from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq

from schemas.plan import Plan
from schemas.row_batch import RowBatch
from schemas.written import Published
from scrapers.source_files.load import load_sources
from transforms.output_layout import OutputLayout
from transforms.publish import publish_execution
from transforms.row_files import open_row_file

EXAMPLES = Path(__file__).parents[2] / "examples" / "sources"

SCHEDULE = """<!-- <table id=schedule><thead><tr><th data-stat=date_game>Date<th data-stat=game_start_time>Start (ET)
<th data-stat=visitor_team_name>Visitor<th data-stat=visitor_pts>PTS<th data-stat=home_team_name>Home
<th data-stat=home_pts>PTS</thead><tbody>
<tr><th data-stat=date_game><a href=/b>Tue, Oct 17, 2017</a><td data-stat=game_start_time>7:30p
<td data-stat=visitor_team_name><a href=/t>Boston Celtics</a><td data-stat=visitor_pts>99
<td data-stat=home_team_name><a href=/t>Cleveland Cavaliers</a><td data-stat=home_pts>102
<tr class=thead><th>Date<th>Start (ET)<th>Visitor<th>PTS<th>Home<th>PTS
<tr class=thead><th colspan=6>Playoffs
<tr><th data-stat=date_game><a href=/b>Sun, Jan 7, 2018</a><td data-stat=game_start_time>
<td data-stat=visitor_team_name><a href=/t>Utah Jazz</a><td data-stat=visitor_pts>
<td data-stat=home_team_name><a href=/t>Miami Heat</a><td data-stat=home_pts>
</table> -->"""


def test_game_times_are_new_yorks_and_a_game_may_have_none(read_rows):
    first, second = read_rows(
        "basketball_schedule", SCHEDULE, "https://www.basketball-reference.com/leagues/NBA_2018_games-october.html"
    )
    assert first["season"] == 2018
    assert first["date"] == date(2017, 10, 17)
    assert first["start_time"] == datetime(2017, 10, 17, 23, 30, tzinfo=UTC)
    assert (first["away_team"], first["home_team"]) == ("BOSTON CELTICS", "CLEVELAND CAVALIERS")
    assert (first["away_team_score"], first["home_team_score"]) == (99, 102)
    assert second["start_time"] is None
    assert second["home_team_score"] is None


MONTHS = (
    "<div class=filter><a href=NBA_2018_games-october.html>October</a><a href=/leagues/NBA_2017.html>2017</a></div>"
)
SEASON_PAGE = "https://www.basketball-reference.com/leagues/NBA_2018_games.html"


def test_a_game_on_two_pages_is_one_row(read_page, tmp_path):
    """The season's page shows October, and links to a page of October."""
    first, opening = read_page("basketball_schedule", MONTHS + SCHEDULE, SEASON_PAGE)
    [october] = [request.url for request in first.follow_ups]
    assert october == "https://www.basketball-reference.com/leagues/NBA_2018_games-october.html"
    later = SCHEDULE.replace("Jan 7, 2018", "Jan 8, 2018").replace("Sun,", "Mon,")
    _, repeated = read_page("basketball_schedule", MONTHS + later, october)

    layout = OutputLayout(str(tmp_path), "run", 1)
    table = load_sources(EXAMPLES, ["basketball_schedule"])["basketball_schedule"].tables["basketball.schedule"]
    written = [write(layout, table, accepted) for accepted in (opening, repeated)]
    assert publish_execution(layout, Plan("e1", "run", "basketball_schedule", 1, 0.0), written) == Published(1)

    files = sorted((tmp_path / "rows").rglob("*.parquet"))
    days = [day for file in files for day in pq.read_table(file, partitioning=None).column("date").to_pylist()]
    assert sorted(days) == [date(2017, 10, 17), date(2018, 1, 7), date(2018, 1, 8)]


def write(layout, table, accepted):
    batch = RowBatch(
        table=table.name, execution_id="e1", source="basketball_schedule", url=SEASON_PAGE, scraped_at=0.0,
        request_id="r", archived=None, schema_version="s", scraper_version="v",
        rows=accepted.rows, row_keys=accepted.row_keys, row_ids=accepted.row_ids,
    )  # fmt: skip
    file = open_row_file(layout, table, batch, "parquet")
    file.add(batch)
    return file.close()[1]


ADVANCED = """<table id=advanced><thead><tr><th>Rk<th>Player<th>Age<th>Team<th>Pos<th>G<th>MP{names}</thead><tbody>
<tr><th>1<td data-stat=name_display data-append-csv=smithjo01><a href=/p>Jo Smith</a><td data-stat=age>27
<td data-stat=team_name_abbr>2TM<td data-stat=pos>PG-SG<td data-stat=games>60<td data-stat=mp>900{cells}
<tr><th>1<td data-stat=name_display data-append-csv=smithjo01><a href=/p>Jo Smith</a><td data-stat=age>27
<td data-stat=team_name_abbr><a href=/t>SEA</a><td data-stat=pos>PG<td data-stat=games>20<td data-stat=mp>300{cells}
<tr><th><td data-stat=name_display>League Average<td><td><td><td><td>{cells}</table>"""
RATES = [
    "PER",
    "TS%",
    "3PAr",
    "FTr",
    "ORB%",
    "DRB%",
    "TRB%",
    "AST%",
    "STL%",
    "BLK%",
    "TOV%",
    "USG%",
    "OWS",
    "DWS",
    "WS",
    "WS/48",
    "OBPM",
    "DBPM",
    "BPM",
    "VORP",
]
SEASON = "https://www.basketball-reference.com/leagues/NBA_2017_advanced.html"


def advanced(value: str) -> str:
    return ADVANCED.format(names="".join(f"<th>{rate}" for rate in RATES), cells=f"<td>{value}" * len(RATES))


def test_sums_over_teams_are_left_out_or_kept_as_asked(read_rows):
    [row] = read_rows("basketball_advanced", advanced(".5"), SEASON)
    assert (row["team"], row["positions"], row["is_combined_totals"]) == ("SEATTLE SUPERSONICS", ["POINT GUARD"], False)
    combined, _ = read_rows("basketball_advanced_combined", advanced(".5"), SEASON)
    assert (combined["team"], combined["is_combined_totals"]) == (None, True)
    assert combined["positions"] == ["POINT GUARD", "SHOOTING GUARD"]


def test_rates_of_no_attempts_are_nought(read_rows):
    [row] = read_rows("basketball_advanced", advanced(""), SEASON)
    assert row["true_shooting_percentage"] == 0.0
    assert row["player_efficiency_rating"] is None


LINE = """<tr><th data-stat=ranker>1<td data-stat=player data-append-csv=smithjo01><a href=/p>Jo Smith</a>
<td data-stat=team_id><a>SEA</a><td data-stat=game_location>@<td data-stat=opp_id><a>UTA</a>
<td data-stat=game_result><a>W</a><td data-stat=mp>36:05<td data-stat=pts>31<td data-stat=plus_minus>+14"""


def test_what_players_did_on_a_day(read_page):
    url = "https://www.basketball-reference.com/friv/dailyleaders.fcgi?month=11&day=1&year=2006"
    _, accepted = read_page("basketball_daily_leaders", f"<table id=stats><tr class=thead><th>Rk{LINE}</table>", url)
    [row] = accepted.rows
    assert (row["slug"], row["name"], row["date"]) == ("smithjo01", "Jo Smith", date(2006, 11, 1))
    assert (row["team"], row["opponent"], row["location"]) == ("SEATTLE SUPERSONICS", "UTAH JAZZ", "AWAY")
    assert (row["outcome"], row["seconds_played"], row["points_scored"], row["plus_minus"]) == ("WIN", 2165, 31, 14)
    nobody, _ = read_page("basketball_daily_leaders", "<p>No games", url)
    assert nobody.verdict == "empty"


GAME = "https://www.basketball-reference.com/boxscores/200101010MIN.html"
BOX = """<table id=box-{short}-game-basic><caption>{name} {rest} Table</caption>
<thead><tr><th>Starters<th>MP<th>PTS</thead>
<tbody><tr><th data-stat=player data-append-csv={slug}><a>Jo</a><td data-stat=mp>36:59<td data-stat=pts>4
<tr class=thead><th>Reserves<th>MP<th>PTS
<tr><th data-stat=player data-append-csv=nope01><a>No</a><td data-stat=reason colspan=2>Did Not Play</tbody>
<tfoot><tr><th data-stat=player>Team Totals<td data-stat=mp>240<td data-stat=pts>{points}</tfoot></table>"""
BOXES = BOX.format(short="HOU", name="Houston Rockets", rest="(14-16)", slug="a01", points=96) + BOX.format(
    short="MIN", name="Minnesota Timberwolves", rest="Basic and Advanced Stats", slug="b01", points=106
)


def test_players_and_teams_of_a_game(read_page):
    _, players = read_page("basketball_box_scores", BOXES, GAME, "game")
    assert [(row["team"], row["slug"], row["seconds_played"], row["points"]) for row in players.rows] == [
        ("HOUSTON ROCKETS", "a01", 2219, 4),
        ("MINNESOTA TIMBERWOLVES", "b01", 2219, 4),
    ]
    _, teams = read_page("basketball_team_box_scores", BOXES, GAME, "game")
    assert [(row["team_abbreviation"], row["outcome"], row["minutes_played"], row["points"]) for row in teams.rows] == [
        ("HOU", "LOSS", 240, 96),
        ("MIN", "WIN", 240, 106),
    ]


FOUND = """<div id=players><div class=search-item><div class=search-item-name><a href=/players/l/li01.html>Li Wu
(1993-2008)</a><span>Hall of Fame</span></div><div class=search-item-url>/players/l/li01.html</div>
<div class=note>Nickname(s): Zo, The Man</div></div>
<div class=search-pagination><a href="search.fcgi?offset=0">Previous 100</a>
<a href="search.fcgi?offset=200">Next 100</a></div>
</div><div id=coaches><div class=search-item><div class=search-item-url>/coaches/x.html</div></div></div>"""


def test_players_found_by_name(read_page):
    url = "https://www.basketball-reference.com/search/search.fcgi?search=li"
    reading, accepted = read_page("basketball_search", FOUND, url)
    [row] = accepted.rows
    assert (row["slug"], row["name"], row["first_season"], row["last_season"]) == ("li01", "Li Wu", 1993, 2008)
    assert row["nicknames"] == ["Zo", "The Man"]
    assert [request.url for request in reading.follow_ups] == [url.replace("search=li", "offset=200")]
    assert read_page("basketball_search", "<p>Found 0 hits", url)[0].verdict == "empty"


PLAYS = """<div class=scorebox><strong><a>Utah Jazz</a></strong><strong><a>Miami Heat</a></strong></div>
<table id=pbp><tr id=q1><th colspan=6>1st Q<tr><th>Time<th>Utah<th><th>Score<th><th>Miami
<tr><td>12:00.0<td colspan=5>Jump ball: A vs. B
<tr><td>11:33.0<td>&nbsp;<td><td>0-2<td>+2<td>B makes 2-pt layup
<tr><th colspan=6>1st OT<tr><td>4:01.5<td>A misses 3-pt shot<td><td>99-102<td><td>&nbsp;</table>"""


def test_plays_have_a_side_and_a_period(read_rows):
    url = "https://www.basketball-reference.com/boxscores/pbp/201810270MIA.html"
    first, last = read_rows("basketball_play_by_play", PLAYS, url)
    assert (first["game"], first["away_team"], first["home_team"]) == ("201810270MIA", "UTAH JAZZ", "MIAMI HEAT")
    assert (first["period"], first["period_type"], first["remaining_seconds_in_period"]) == (1, "QUARTER", 693.0)
    assert (first["side"], first["play"], first["home_score"]) == ("HOME", "B makes 2-pt layup", 2)
    assert (last["period"], last["period_type"], last["remaining_seconds_in_period"]) == (1, "OVERTIME", 241.5)
    assert (last["side"], last["play"], last["away_score"]) == ("AWAY", "A misses 3-pt shot", 99)
