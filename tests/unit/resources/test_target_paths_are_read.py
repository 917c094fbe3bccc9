"""Where templateFrom[].target may put a result in an object that is no Secret."""

import pytest

from secrets_operator.resources.target_paths import Path, PathError, target_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", ("data",), id="nothing said means data"),
        pytest.param("Data", ("data",), id="data in any case"),
        pytest.param("SPEC", ("spec",), id="spec in any case"),
        pytest.param("Labels", ("labels",), id="labels in any case"),
        pytest.param("annotations", ("annotations",), id="annotations"),
        pytest.param("spec.tls.caBundle", ("spec", "tls", "caBundle"), id="a path keeps its case"),
        pytest.param("Spec.x", ("Spec", "x"), id="also in its first key"),
        pytest.param("spec.rules[0].from", ("spec", "rules", 0, "from"), id="an index"),
        pytest.param("spec.a[1][2]", ("spec", "a", 1, 2), id="an index of an index"),
        pytest.param("spec.a[10000]", ("spec", "a", 10_000), id="the highest index"),
        pytest.param("stringData", ("stringData",), id="any other field"),
    ],
)
def test_a_path(text: str, expected: Path) -> None:
    assert target_path(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("spec..a", "is no path", id="an empty key"),
        pytest.param(".spec", "is no path", id="an empty first key"),
        pytest.param("spec.", "is no path", id="an empty last key"),
        pytest.param("[0].a", "is no path", id="an index in front"),
        pytest.param("spec.[0]", "is no path", id="an index without a key"),
        pytest.param("spec[x]", "is no path", id="an index that is no number"),
        pytest.param("spec[-1]", "is no path", id="a negative index"),
        pytest.param("spec.a[10001]", "has an index above 10000", id="an index beyond the limit"),
        pytest.param("metadata.ownerReferences", "cannot be set", id="whom the object belongs to"),
        pytest.param("metadata.name", "cannot be set", id="its name"),
        pytest.param("kind", "cannot be set", id="its kind"),
        pytest.param("apiVersion", "cannot be set", id="its version"),
        pytest.param("status.ready", "cannot be set", id="what its own controller says"),
    ],
)
def test_what_is_no_path_says_why(text: str, says: str) -> None:
    with pytest.raises(PathError, match=says):
        target_path(text)
