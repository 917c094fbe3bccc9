{{- /* Where pods run, and on what network. */}}
{{- define "secrets-operator.scheduling" -}}
{{- $values := .Values -}}
{{- $selector := include "secrets-operator.selector" . | fromYaml -}}
{{- $constraints := list -}}
{{- range $values.topologySpreadConstraints }}
{{- $constraints = append $constraints (merge (deepCopy .) (dict "labelSelector" (dict "matchLabels" $selector))) }}
{{- end }}
{{- if and (not $constraints) (gt (int $values.replicaCount) 1) }}
{{- $constraints = list (dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway" "labelSelector" (dict "matchLabels" $selector)) }}
{{- end }}
{{- $fields := dict
  "topologySpreadConstraints" $constraints
  "nodeSelector" $values.nodeSelector
  "tolerations" $values.tolerations
  "affinity" $values.affinity
  "priorityClassName" $values.priorityClassName
  "runtimeClassName" $values.runtimeClassName
  "dnsPolicy" $values.dnsPolicy
  "dnsConfig" $values.dnsConfig
  "hostAliases" $values.hostAliases
}}
{{- $set := dict }}
{{- range $field, $value := $fields }}
{{- if $value }}
{{- $_ := set $set $field $value }}
{{- end }}
{{- end }}
{{- if $set }}
{{- toYaml $set }}
{{- end }}
{{- end }}
