"""The kubeconfig file that lets kubectl and clients reach the dev cluster."""

import base64

import yaml

NAME = "devcluster"


def kubeconfig(*, url: str, token: str, ca_pem: str) -> str:
    """Return the text of a kubeconfig; no authority is named when the server speaks plain HTTP."""
    cluster = {"server": url}
    if url.startswith("https:"):
        cluster["certificate-authority-data"] = base64.b64encode(ca_pem.encode()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": {"token": token}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME, "namespace": "default"}}],
        "current-context": NAME,
    }
    return yaml.safe_dump(config, sort_keys=False)
