"""What a static page cannot do: take applications, track cases, answer letters, watch deadlines."""
