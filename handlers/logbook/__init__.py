"""The public log: signed days in `published/log/`, keys and their history, proofs for receipts."""
