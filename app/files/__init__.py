"""Opening, saving, importing, exporting, dropping and recovering files."""
