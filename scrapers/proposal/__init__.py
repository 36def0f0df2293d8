"""What `scrapeline new` proposes: a source file made from one page, verified on that page."""
