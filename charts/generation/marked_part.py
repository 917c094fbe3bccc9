"""The part of a document that is made from something else, between two marks."""

from __future__ import annotations

END = "<!-- End of what is made. -->"


def with_part(document: str, *, source: str, text: str) -> str:
    """Return the document with the part that is made from ``source`` made anew; raises ValueError without its marks."""
    begin = f"<!-- Made from {source} by `make crds`; do not edit. -->"
    before, found, rest = document.partition(begin)
    _, end, after = rest.partition(END)
    if not (found and end):
        raise ValueError(f"a document has lost the marks around what is made from {source}")
    return f"{before}{begin}\n{text}\n{END}{after}"
