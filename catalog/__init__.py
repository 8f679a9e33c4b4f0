"""What an item, a department and a county are: schema, reading and checking YAML, import, export."""
