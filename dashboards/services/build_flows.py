"""Ways from site to site that are often taken, without their counts.

A way is told when at least 10 fiches took it (20 outside), the most taken first; nothing is said of the
others, not even that nobody took them. How many fiches a site received in all is published: a way is left out
when what remains for the other sites would bound one of them under the threshold.
"""

from dashboards.services.build_counts import FLOW, YEAR, Counts

FEWEST_ORIGINS = 3


def often(threshold: int) -> int:
    """Fiches a way needs to be told."""
    return max(10, 2 * threshold)


def frequent_ways(found: Counts, threshold: int) -> list[list[str]]:
    """``[[from site, to site], …]``, the most taken first."""
    fewest = often(threshold)
    if len({origin for origin, _ in found.flows}) < FEWEST_ORIGINS:
        # So few origins that a way left out would be known by subtraction.
        return []
    left = {end: n for (part, name, end), n in found.counts.items() if part == YEAR and name == FLOW}
    told = []
    for (origin, end), n in sorted(found.flows.items(), key=lambda way: (-way[1], way[0])):
        if n >= fewest and left[end] - fewest >= threshold:
            left[end] -= fewest
            told.append([origin, end])
    return told
