"""One HTML page about what runs have written: numbers by SQL, charts by Vega-Lite, nothing fetched when it is read."""
