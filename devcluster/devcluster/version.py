"""What the server says about its own version: it imitates this release of Kubernetes."""

MAJOR, MINOR = "1", "36"
GIT_VERSION = "v1.36.2"


def version_document() -> dict[str, str]:
    """Return the document at `/version`."""
    return {
        "major": MAJOR,
        "minor": MINOR,
        "emulationMajor": MAJOR,
        "emulationMinor": MINOR,
        "minCompatibilityMajor": MAJOR,
        "minCompatibilityMinor": str(int(MINOR) - 1),
        "gitVersion": GIT_VERSION,
        "gitCommit": "devcluster",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "none",
        "compiler": "python",
        "platform": "linux/amd64",
    }
