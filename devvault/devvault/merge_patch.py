"""JSON merge patch, the body of a PATCH."""

from devvault.wire_json import Json


def merge_patch(target: Json, patch: Json) -> Json:
    """Apply a JSON merge patch (RFC 7396): null removes a key, an object merges, anything else replaces."""
    merged = {name: value for name, value in target.items() if name not in patch or patch[name] is not None}
    for name, value in patch.items():
        if isinstance(value, dict):
            inner = merged.get(name)
            merged[name] = merge_patch(inner if isinstance(inner, dict) else {}, value)
        elif value is not None:
            merged[name] = value
    return merged
