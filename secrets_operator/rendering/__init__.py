"""Pure: fetched values in, the data of a Secret out."""
