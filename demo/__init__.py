"""The demo: a site that serves what real sites serve, the sources that scrape it, and a run that checks the result."""
