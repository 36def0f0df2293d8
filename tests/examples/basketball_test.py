from datetime import UTC, date, datetime

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
