"""Changing a few places of a manifest text, YAML or JSON, while every other byte of it stays as it is.

``nodes`` are values with their place in the text, ``yaml_tree`` and ``json_tree`` read them, ``changes`` says what can
be changed and ``splices`` where that puts which text; ``text`` brings it together and checks each result.
"""
