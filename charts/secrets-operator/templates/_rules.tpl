{{- /*
Rules by what they are for. A test runs the operator under them: it is denied nothing, and leaves none of them unused.
Each takes the root.
*/}}

{{- /* In every namespace where it works. */}}
{{- define "secrets-operator.rules.resources" -}}
{{- if .Values.processExternalSecrets }}
- apiGroups: [external-secrets.io]
  resources: [externalsecrets, secretstores]
  verbs: [list, watch]
- apiGroups: [external-secrets.io]
  resources: [externalsecrets/status, secretstores/status]
  verbs: [patch]
{{- if .Values.processPushSecret }}
- apiGroups: [external-secrets.io]
  resources: [pushsecrets]
  verbs: [get, list, watch, patch]
- apiGroups: [external-secrets.io]
  resources: [pushsecrets/status]
  verbs: [patch]
- apiGroups: [external-secrets.io] # a store that something has to be deleted from some day gets a finalizer
  resources: [secretstores]
  verbs: [get, patch]
{{- end }}
{{- with .Values.generators }}
- apiGroups: [generators.external-secrets.io]
  resources:
  {{- range . }}
    - {{ lower . }}s
  {{- end }}
  verbs: [list, watch]
{{- /* What has to be taken back one day. */}}
- apiGroups: [generators.external-secrets.io]
  resources: [generatorstates]
  verbs: [list, watch, create, patch, delete]
{{- end }}
{{- end }}
{{- if .Values.processSealedSecrets }}
- apiGroups: [bitnami.com]
  resources: [sealedsecrets]
  verbs: [list, watch]
{{- if .Values.updateStatus }}
- apiGroups: [bitnami.com]
  resources: [sealedsecrets/status]
  verbs: [patch]
{{- end }}
{{- end }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- if .Values.processExternalSecrets }}
{{- /* Templates, and the authorities that stores trust. */}}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
{{- /* AWS stores with auth.jwt: the role is an annotation of the ServiceAccount. */}}
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get]
{{- if .Values.rbac.serviceAccountTokenCreate }}
- apiGroups: [""]
  resources: [serviceaccounts/token]
  verbs: [create]
{{- end }}
{{- end }}
{{- if .Values.genericTargets.enabled }}
{{- range .Values.genericTargets.resources }}
- apiGroups: [{{ .apiGroup | quote }}]
  resources: {{ toJson .resources }}
  verbs: {{ toJson (default (list "get" "list" "watch" "create" "patch" "delete") .verbs) }}
{{- end }}
{{- end }}
{{- if and .Values.processExternalSecrets (include "secrets-operator.openshift" .) }}
- apiGroups: [external-secrets.io]
  resources: [externalsecrets/finalizers]
  verbs: [update]
{{- end }}
{{- /* Events, and workloads that use a Secret, when somebody opens the details of a resource. */}}
{{- if include "secrets-operator.lookups" . }}
- apiGroups: [""]
  resources: [events, pods]
  verbs: [list]
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets]
  verbs: [list]
{{- end }}
{{- end }}

{{- /* Events about what is in no namespace are in this one. */}}
{{- define "secrets-operator.rules.clusterEvents" -}}
- apiGroups: [""]
  resources: [events]
  verbs: [create{{ if include "secrets-operator.lookups" . }}, list{{ end }}]
{{- end }}

{{- define "secrets-operator.lookups" -}}
{{- if and .Values.dashboard.enabled .Values.rbac.dashboardLookups }}true{{ end -}}
{{- end }}

{{- /* Cluster-wide kinds that namespaced resources refer to. */}}
{{- define "secrets-operator.rules.clusterStores" -}}
- apiGroups: [external-secrets.io]
  resources: [clustersecretstores]
  verbs: [list, watch]
- apiGroups: [external-secrets.io]
  resources: [clustersecretstores/status]
  verbs: [patch]
{{- if .Values.processPushSecret }}
- apiGroups: [external-secrets.io]
  resources: [clustersecretstores]
  verbs: [get, patch]
{{- end }}
{{- if .Values.generators }}
- apiGroups: [generators.external-secrets.io]
  resources: [clustergenerators]
  verbs: [list, watch]
{{- end }}
{{- /* The conditions of ClusterSecretStores ask for labels of namespaces. */}}
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
{{- end }}

{{- /* ClusterExternalSecrets, which make ExternalSecrets, and ClusterPushSecrets, which make PushSecrets. */}}
{{- define "secrets-operator.rules.fanOut" -}}
{{- /* For the conditions of ClusterSecretStores too. */}}
- apiGroups: [""]
  resources: [namespaces]
  verbs: [list, watch]
{{- if .Values.processClusterExternalSecret }}
{{ include "secrets-operator.rules.making" (dict "root" . "made" "externalsecrets") }}
{{- end }}
{{- if .Values.processClusterPushSecret }}
{{ include "secrets-operator.rules.making" (dict "root" . "made" "pushsecrets") }}
{{- end }}
{{- end }}

{{- /* Takes a dict with root, and made: what the resources make whose kind is called the same but for Cluster. */}}
{{- define "secrets-operator.rules.making" -}}
- apiGroups: [external-secrets.io]
  resources: [cluster{{ .made }}]
  verbs: [list, watch]
- apiGroups: [external-secrets.io]
  resources: [cluster{{ .made }}/status]
  verbs: [patch]
- apiGroups: [external-secrets.io]
  resources: [{{ .made }}]
  verbs: [get, create, patch, delete]
{{- if include "secrets-operator.openshift" .root }}
- apiGroups: [external-secrets.io]
  resources: [cluster{{ .made }}/finalizers]
  verbs: [update]
{{- end }}
{{- end }}

{{- /* Who asks at /v1/verify/batch, and may they? */}}
{{- define "secrets-operator.rules.batchVerify" -}}
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
{{- end }}

{{- /* In its own namespace: sealing keys, the digest key, the certificate to seal with. */}}
{{- define "secrets-operator.rules.own" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create{{ if .Values.processSealedSecrets }}, list, watch{{ end }}]
{{- if .Values.processSealedSecrets }}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, patch]
{{- /* About Secrets that hold no usable sealing key. */}}
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}
{{- /* By these several replicas find each other. */}}
{{- if include "secrets-operator.shared" . }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [list, watch, create, patch, delete]
{{- end }}
{{- end }}

{{- /* Where ClusterSecretStores keep their credentials. */}}
{{- define "secrets-operator.rules.credentials" -}}
- apiGroups: [""]
  resources: [secrets, configmaps, serviceaccounts]
  verbs: [get]
{{- if .Values.rbac.serviceAccountTokenCreate }}
- apiGroups: [""]
  resources: [serviceaccounts/token]
  verbs: [create]
{{- end }}
{{- end }}

{{- /* To have the API server trust the certificate that the operator makes for its admission server. */}}
{{- define "secrets-operator.rules.configuration" -}}
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingwebhookconfigurations]
  resourceNames: [{{ include "secrets-operator.fullname" . }}]
  verbs: [get, patch]
{{- end }}

{{- /* That certificate. */}}
{{- define "secrets-operator.rules.certificate" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create, patch]
{{- end }}

{{- define "secrets-operator.openshift" -}}
{{- if or .Values.openshiftFinalizers (.Capabilities.APIVersions.Has "security.openshift.io/v1") }}true{{ end -}}
{{- end }}
