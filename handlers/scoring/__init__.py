"""The performance score: a month's facts to a ledger, drafts, proposals, publication, the supervisor's entries.

Pages and commands use `handlers.scoring.service.Scores` (the hall's field `scores`) and the values of
`handlers.scoring.views`; how it counts is in `rules.score`, what it counts in the county's scheme.
"""
