"""Reading tables: formats, column kinds, hints and quality issues; refuses what cannot be used."""
