"""The compiler of the static portal: items, content and published records in, `site/` out."""
