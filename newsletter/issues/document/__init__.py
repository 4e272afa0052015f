"""The document of an issue: text in, values out. Pure: no database, no web, no clock."""
