"""Every form of a report: each a function of a value, none of which decides anything."""
