"""Makes values.schema.json from values.yaml: the types of the defaults, and what cannot be told from them.

A misspelt value is an error that names it, and so is one of a wrong type: the chart is refused before anything changes.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
_COUNT: Schema = {"type": ["integer", "null"], "minimum": 0}
_NUMBER: Schema = {"type": ["number", "string", "null"]}
_DURATION: Schema = {"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))*$"}
_NAME: Schema = {"type": "string", "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", "maxLength": 63}
_NAMES: Schema = {"type": "array", "items": {**_NAME, "minLength": 1}, "uniqueItems": True}
_TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_OBJECT: Schema = {"type": "object"}
_OBJECTS: Schema = {"type": "array", "items": {"type": "object"}}
_NUMBER_OR_SHARE: Schema = {"type": ["integer", "string", "null"]}
_TARGET: Schema = {
    "type": "object",
    "required": ["apiGroup", "kind", "resources"],
    "additionalProperties": False,
    "properties": {
        "apiGroup": {"type": "string"},
        "kind": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"},
        "resources": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "verbs": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    },
}

# Where the default says too little: maps with keys of the user's choice, nulls, choices.
_SPECIAL: dict[str, Schema] = {
    "watchNamespaces": _NAMES,
    "additionalNamespaces": _NAMES,
    "credentialNamespaces": _NAMES,
    "scopedNamespace": _NAME,
    "namespaceOverride": _NAME,
    "image.digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    "image.pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "image.tag": {"type": "string", "maxLength": 128},
    "image.pullSecrets": {"type": "array", "items": {"type": "string"}},
    "replicaCount": {"type": "integer", "minimum": 0},
    **dict.fromkeys(
        ("leaderElectionLeaseDuration", "leaderElectionRenewDeadline", "leaderElectionRetryPeriod"), _DURATION
    ),
    "podDisruptionBudget.minAvailable": _NUMBER_OR_SHARE,
    "podDisruptionBudget.maxUnavailable": _NUMBER_OR_SHARE,
    "concurrent": {**_COUNT, "minimum": 1, "maximum": 1000},
    "storeConcurrency": {**_COUNT, "minimum": 1, "maximum": 1000},
    "storeCallsPerSecond": {"type": ["number", "null"], "minimum": 0},
    "valueCacheSize": _COUNT,
    "kubeClientQPS": _NUMBER,
    "kubeClientBurst": _NUMBER,
    "storeRequeueInterval": _DURATION,
    "heartbeatInterval": _DURATION,
    "generatorGcGracePeriod": _DURATION,
    "genericTargets.resources": {"type": "array", "items": _TARGET},
    "generators": {"type": "array", "items": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"}},
    "keyrenewperiod": {"type": "string", "pattern": f"^0$|{_DURATION['pattern']}"},
    "keyttl": _DURATION,
    "metricsPerResource": _COUNT,
    "compatMetrics": {"enum": ["", "eso", "sealed-secrets", "both", "none"]},
    "admission.failurePolicy": {"enum": ["Ignore", "Fail"]},
    "admission.timeoutSeconds": {"type": "integer", "minimum": 1, "maximum": 30},
    "containerPorts.admission": _PORT,
    "containerPorts.dashboard": _PORT,
    "keySize": {"enum": [None, 2048, 3072, 4096]},
    "keyOrderPriority": {"enum": ["", "CertNotBefore", "SecretCreationTimestamp"]},
    "rateLimit": _NUMBER,
    "rateLimitBurst": _NUMBER,
    "log.level": {"enum": ["debug", "info", "warning", "error"]},
    "log.format": {"enum": ["json", "console"]},
    "extraArgs": {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z][a-z0-9-]*$"},
        "additionalProperties": {"type": ["string", "number", "boolean", "array", "null"]},
    },
    "extraObjects": {"type": "array", "items": {"type": ["object", "string"]}},
    "service.type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]},
    "service.port": _PORT,
    "service.nodePort": {"type": ["integer", "null"]},
    "sealedSecretsService.name": {**_NAME, "minLength": 1},
    "containerPorts.http": _PORT,
    "containerPorts.live": _PORT,
    "networkPolicy.egress.kubeApiPorts": {"type": "array", "items": _PORT},
    **dict.fromkeys(
        (
            "commonLabels",
            "commonAnnotations",
            "crds.annotations",
            "admission.annotations",
            "privateKeyAnnotations",
            "privateKeyLabels",
            "podLabels",
            "podAnnotations",
            "deploymentLabels",
            "deploymentAnnotations",
            "nodeSelector",
            "serviceAccount.annotations",
            "serviceAccount.extraLabels",
            "service.labels",
            "service.annotations",
            "serviceMonitor.additionalLabels",
            "podMonitor.additionalLabels",
            "prometheusRule.additionalLabels",
            "grafanaDashboard.annotations",
        ),
        _TEXTS,
    ),
    # These are Kubernetes' own; its API server checks them.
    **dict.fromkeys(
        (
            "strategy",
            "podSecurityContext",
            "securityContext",
            "resources",
            "affinity",
            "admission.certManager.issuerRef",
            "dnsConfig",
            "podSpecExtra",
            "livenessProbe.spec",
            "readinessProbe.spec",
            "startupProbe.spec",
        ),
        _OBJECT,
    ),
}


def values_schema(defaults: dict[str, Any]) -> Schema:
    """Return the JSON schema of the chart's values; raises KeyError where a special case is no value any more."""
    for path in _SPECIAL:
        found: Any = defaults
        for name in path.split("."):
            found = found[name]
    schema = _of(defaults, "")
    # A parent chart hands these down.
    schema["properties"]["global"] = {"type": "object"}
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of secrets-operator", **schema}


def _of(value: Any, path: str) -> Schema:
    special = _SPECIAL.get(path)
    if special is not None:
        return special
    match value:
        case dict():
            properties = {name: _of(inner, f"{path}.{name}".lstrip(".")) for name, inner in value.items()}
            return {"type": "object", "additionalProperties": False, "properties": properties}
        case list():
            return _OBJECTS
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case _:
            return {"type": "string"}
