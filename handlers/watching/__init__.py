"""Real-time supervision (实时监察): the board's figures, the way down from county to case, a case's whole life, the live stream."""
