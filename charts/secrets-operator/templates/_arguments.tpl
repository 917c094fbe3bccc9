{{- /* Flags of `run`, as a YAML list. What has no value is left to the operator's own default. */}}
{{- define "secrets-operator.arguments" -}}
- run
- --namespace={{ include "secrets-operator.namespace" . }}
- --listen-addr=:{{ .Values.containerPorts.http }}
- --live-addr=:{{ .Values.containerPorts.live }}
- --log-format={{ .Values.log.format }}
- --log-level={{ .Values.log.level }}
{{- range include "secrets-operator.namespaces" . | fromJsonArray }}
- --watch-namespace={{ . }}
{{- end }}
{{- if not (include "secrets-operator.clusterStores" .) }}
- --enable-cluster-store-reconciler=false
{{- end }}
{{- if not (or .Values.processExternalSecrets .Values.processSealedSecrets) }}
{{- fail "processExternalSecrets and processSealedSecrets are both off: turn one of them on" }}
{{- end }}
{{- if not .Values.processExternalSecrets }}
- --enable-external-secrets=false
{{- end }}
{{- if not .Values.processClusterExternalSecret }}
- --enable-cluster-external-secret-reconciler=false
{{- end }}
{{- if and .Values.processClusterPushSecret (not .Values.processPushSecret) }}
{{- fail "processClusterPushSecret makes PushSecrets, which processPushSecret leaves alone: turn both off" }}
{{- end }}
{{- if not .Values.processPushSecret }}
- --enable-push-secret-reconciler=false
{{- end }}
{{- if not .Values.processClusterPushSecret }}
- --enable-cluster-push-secret-reconciler=false
{{- end }}
{{- if not .Values.generatorState }}
- --enable-generator-state=false
{{- end }}
{{- if not .Values.processSealedSecrets }}
- --enable-sealed-secrets=false
{{- end }}
{{- with .Values.labelSelector }}
- {{ printf "--label-selector=%s" . | quote }}
{{- end }}
{{- if not .Values.updateStatus }}
- --update-status=false
{{- end }}
{{- if not .Values.acceptDeprecatedV1Data }}
- --accept-deprecated-v1-data=false
{{- end }}
{{- range $flag, $value := dict
  "controller-class" .Values.controllerClass
  "concurrent" .Values.concurrent
  "store-concurrency" .Values.storeConcurrency
  "store-calls-per-second" .Values.storeCallsPerSecond
  "value-cache-size" .Values.valueCacheSize
  "client-qps" .Values.kubeClientQPS
  "client-burst" .Values.kubeClientBurst
  "store-requeue-interval" .Values.storeRequeueInterval
  "heartbeat-interval" .Values.heartbeatInterval
  "generator-gc-grace-period" .Values.generatorGcGracePeriod
  "key-size" .Values.keySize
  "key-prefix" .Values.secretName
  "key-renew-period" .Values.keyrenewperiod
  "key-cutoff-time" .Values.keycutofftime
  "key-ttl" .Values.keyttl
  "my-cn" .Values.keyCommonName
  "privatekey-annotations" (include "secrets-operator.pairs" .Values.privateKeyAnnotations)
  "privatekey-labels" (include "secrets-operator.pairs" .Values.privateKeyLabels)
  "metrics-per-resource" .Values.metricsPerResource
  "compat-metrics" .Values.compatMetrics
  "key-order-priority" .Values.keyOrderPriority
  "rate-limit" .Values.rateLimit
  "rate-limit-burst" .Values.rateLimitBurst
}}
{{- /* Numbers of a values file are floats to a template, and large ones would be printed with an exponent. */}}
{{- if not (or (kindIs "invalid" $value) (and (kindIs "string" $value) (not $value))) }}
- --{{ $flag }}={{ if kindIs "float64" $value }}{{ toJson $value }}{{ else }}{{ $value }}{{ end }}
{{- end }}
{{- end }}
{{- if include "secrets-operator.shared" . }}
- --replicas={{ .Values.replicaCount }}
- --enable-leader-election
- --leader-election-id={{ default (include "secrets-operator.fullname" .) .Values.leaderElectionID }}
{{- range $flag, $value := dict
  "lease-duration" .Values.leaderElectionLeaseDuration
  "renew-deadline" .Values.leaderElectionRenewDeadline
  "retry-period" .Values.leaderElectionRetryPeriod
}}
{{- with $value }}
- --leader-election-{{ $flag }}={{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.dashboard.enabled }}
- --dashboard-addr=:{{ .Values.containerPorts.dashboard }}
{{- end }}
{{- if .Values.admission.enabled }}
{{- $name := include "secrets-operator.fullname" . }}
- --admission
- --admission-addr=:{{ .Values.containerPorts.admission }}
- --admission-service={{ $name }}-admission
- --admission-configuration={{ $name }}
{{- if .Values.admission.certManager.enabled }}
- --admission-cert-dir=/var/run/secrets-operator/admission
{{- else }}
- --admission-secret={{ $name }}-admission-certificate
{{- end }}
{{- end }}
{{- if .Values.genericTargets.enabled }}
- --unsafe-allow-generic-targets
{{- range .Values.genericTargets.resources }}
- --generic-target={{ if .apiGroup }}{{ .apiGroup }}/{{ end }}{{ .kind }}
{{- end }}
{{- end }}
{{- range $flag, $value := .Values.extraArgs }}
{{- if kindIs "slice" $value }}
{{- range $value }}
- --{{ $flag }}={{ . }}
{{- end }}
{{- else if or (kindIs "invalid" $value) (and (kindIs "string" $value) (not $value)) }}
- --{{ $flag }}
{{- else }}
- --{{ $flag }}={{ if kindIs "float64" $value }}{{ toJson $value }}{{ else }}{{ $value }}{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "secrets-operator.pairs" -}}
{{- $pairs := list -}}
{{- range $name, $value := . -}}
{{- $pairs = append $pairs (printf "%s=%s" $name $value) -}}
{{- end -}}
{{- join "," $pairs -}}
{{- end }}
