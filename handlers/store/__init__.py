"""The hall's records: the only SQL, one module per noun; rows become frozen dataclasses before they leave."""
