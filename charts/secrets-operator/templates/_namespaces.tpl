{{- /* Where it works, as JSON: an empty list means everywhere. */}}
{{- define "secrets-operator.namespaces" -}}
{{- $values := .Values -}}
{{- $own := include "secrets-operator.namespace" . -}}
{{- if and $values.watchNamespaces $values.additionalNamespaces -}}
{{- fail "watchNamespaces and additionalNamespaces exclude each other: put all namespaces into watchNamespaces" -}}
{{- end -}}
{{- if and $values.scopedNamespace (or $values.watchNamespaces $values.additionalNamespaces) -}}
{{- fail "scopedNamespace excludes watchNamespaces and additionalNamespaces: put all namespaces into watchNamespaces" -}}
{{- end -}}
{{- if $values.scopedNamespace -}}
{{- list $values.scopedNamespace | toJson -}}
{{- else if $values.additionalNamespaces -}}
{{- prepend $values.additionalNamespaces $own | uniq | toJson -}}
{{- else if $values.watchNamespaces -}}
{{- $values.watchNamespaces | uniq | toJson -}}
{{- else if $values.scopedRBAC -}}
{{- list $own | toJson -}}
{{- else -}}
[]
{{- end -}}
{{- end }}

{{- /* Non-empty when pods share the work by Leases. */}}
{{- define "secrets-operator.shared" -}}
{{- if or .Values.leaderElect (gt (int .Values.replicaCount) 1) }}true{{ end -}}
{{- end }}

{{- /* Non-empty when cluster-wide kinds are read. */}}
{{- define "secrets-operator.clusterStores" -}}
{{- if and .Values.processExternalSecrets .Values.processClusterStore (not .Values.scopedRBAC) }}true{{ end -}}
{{- end }}
