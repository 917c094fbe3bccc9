{{- define "secrets-operator.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "secrets-operator.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end }}

{{- define "secrets-operator.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "secrets-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{- /* kubeseal and `secrets-operator seal` find the Service by the first of these. */}}
{{- define "secrets-operator.selector" -}}
app.kubernetes.io/name: secrets-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "secrets-operator.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "secrets-operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Metadata after the name: labels and annotations. Takes a dict with root, labels and annotations. */}}
{{- define "secrets-operator.metadata" -}}
labels:
  {{- include "secrets-operator.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (default (dict) .annotations) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "secrets-operator.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "image.repository is empty: no image is published, so name the one that you built (docs/image.md)" $image.repository -}}
{{- with $image.registry -}}{{ . }}/{{- end -}}
{{- $repository -}}
{{- if $image.digest -}}@{{ $image.digest }}{{- else -}}:{{ default .Chart.AppVersion $image.tag }}{{- end -}}
{{- end }}
