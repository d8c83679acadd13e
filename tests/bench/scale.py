"""How much each measure does: the real run, and the tiny one that keeps the bench alive in the tests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    fiches: int
    # How many times the territories of the measured region are there (22 times 15); places of the largest.
    copies: int
    places: int
    clients: int
    rounds: int
    # Requests of one round: the portal's and, faster, the floor's.
    posts: int
    bare_posts: int
    pages: int
    documents: int
    exports: int
    lags: int
    # Annual reports drawn by one job.
    reports: int
    # Rows of the workbook.
    sheet_rows: int
    # Files of one call for interest.
    applications: int
    # Places of the public directory.
    directory: int
    warm_up: int


FULL = Scale(
    fiches=1_000_000,
    copies=22,
    places=60,
    clients=8,
    rounds=8,
    posts=300,
    bare_posts=900,
    pages=40,
    documents=5,
    exports=3,
    lags=10,
    reports=15,
    sheet_rows=100_000,
    applications=500,
    directory=40_000,
    warm_up=60,
)
TINY = Scale(
    fiches=400,
    copies=1,
    places=0,
    clients=2,
    rounds=1,
    posts=6,
    bare_posts=6,
    pages=2,
    documents=1,
    exports=1,
    lags=1,
    reports=2,
    sheet_rows=500,
    applications=20,
    directory=300,
    warm_up=0,
)
