"""Read-only JSON for programs of a region: a token opens what its mandate opens, and never a fiche."""
