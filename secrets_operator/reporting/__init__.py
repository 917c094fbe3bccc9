"""Status and Events of the resources people committed."""
