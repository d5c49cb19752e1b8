{{- /*
Values laid over values, as weft install does it: maps are merged, null removes, everything else replaces. "below" is
changed where it stands.
*/ -}}
{{- define "weft.lay" -}}
{{- $below := .below -}}
{{- range $key, $value := .over -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $below $key -}}
{{- else if kindIs "map" $value -}}
{{- if not (kindIs "map" (get $below $key)) -}}{{- $_ := set $below $key dict -}}{{- end -}}
{{- include "weft.lay" (dict "below" (get $below $key) "over" $value) -}}
{{- else -}}
{{- $_ := set $below $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Takes what stands at "path" out of "from", where it stands. */ -}}
{{- define "weft.drop" -}}
{{- $from := .from -}}
{{- range initial .path -}}
{{- $from = ternary (get $from .) dict (kindIs "map" (get $from .)) -}}
{{- end -}}
{{- $_ := unset $from (last .path) -}}
{{- end -}}

{{- /* What is usual, where nothing is: a value that was taken away is as if nobody had given it. */ -}}
{{- define "weft.fill" -}}
{{- $weft := .weft -}}
{{- $folders := .folders -}}
{{- range $key, $value := .usual -}}
{{- if not (hasKey $weft $key) -}}
{{- $_ := set $weft $key $value -}}
{{- else if and (has $key $folders) (kindIs "map" (get $weft $key)) -}}
{{- include "weft.fill" (dict "weft" (get $weft $key) "usual" $value "folders" list) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* weft's image as one text. */ -}}
{{- define "weft.image" -}}
{{- $image := .image -}}
{{- if kindIs "string" $image -}}
{{- $image -}}{{- if not (regexMatch "@|:[^/]*$" $image) -}}:{{ .version }}{{- end -}}
{{- else -}}
{{- with $image.registry -}}{{ . }}/{{- end -}}
{{- $image.name -}}
{{- if $image.tag -}}:{{ $image.tag }}{{- else if not $image.digest -}}:{{ .version }}{{- end -}}
{{- with $image.digest -}}@{{ . }}{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Amounts as text: 1 is a number in YAML. Changed where they stand. */ -}}
{{- define "weft.amounts" -}}
{{- range $amounts := . -}}
{{- range $key, $amount := $amounts -}}
{{- if not (kindIs "string" $amount) -}}{{- $_ := set $amounts $key (toJson $amount) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Seconds of a duration, rounded up. */ -}}
{{- define "weft.seconds" -}}
{{- $start := toDate "2006-01-02" "2000-01-01" -}}
{{- sub (mustDateModify "999ms" (mustDateModify . $start) | unixEpoch) ($start | unixEpoch) -}}
{{- end -}}

{{- /* What cannot be meant. */ -}}
{{- define "weft.refuse" -}}
{{- $w := .settled -}}
{{- $weft := $w.weft -}}
{{- if regexMatch "PRIVATE KEY|UFJJVkFURSBLRV|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW" (toJson .public) -}}
{{- fail "a private key is among the values; settings are for everybody to read, so keep it in a Secret" -}}
{{- end -}}
{{- if $w.adopts -}}
{{- if ne $w.namespace $w.controlPlaneNamespace -}}
{{- fail (printf "--namespace: has to be %s to adopt Linkerd: weft mounts the settings that are there" $w.controlPlaneNamespace) -}}
{{- end -}}
{{- with omit .public "weft" "webhookFailurePolicy" -}}
{{- fail (printf "%s: has no effect when Linkerd is adopted: its own settings are used" (keys . | sortAlpha | join ", ")) -}}
{{- end -}}
{{- if eq (toString $weft.controlPlane) "own" -}}
{{- fail "weft.controlPlane: cannot be own where Linkerd is adopted: its control plane is used" -}}
{{- end -}}
{{- else if has $w.namespace .foreign -}}
{{- fail (printf "--namespace: weft needs a namespace of its own, not %s" $w.namespace) -}}
{{- end -}}
{{- if and $w.own $weft.controlPlaneNamespace (ne (toString $weft.controlPlaneNamespace) $w.namespace) -}}
{{- fail (printf "weft.controlPlaneNamespace: weft's own control plane runs beside the webhook, in %s" $w.namespace) -}}
{{- end -}}
{{- if and (not $w.own) (eq (toString $weft.tap) "true") -}}
{{- fail "weft.tap: is for weft's own control plane; with Linkerd's, its viz extension sets tap up" -}}
{{- end -}}
{{- if and (not $w.own) $weft.trafficSplit -}}
{{- fail "weft.trafficSplit: is for weft's own control plane" -}}
{{- end -}}
{{- if and (not $w.own) $w.tls.key -}}
{{- fail "identity.issuer.tls: is for weft's own control plane; with Linkerd's, Linkerd has the issuer" -}}
{{- end -}}
{{- if and (eq $weft.identity.mode "cert-manager") (not $weft.identity.issuerRef) -}}
{{- fail "weft.identity.issuerRef: needed: the issuer of cert-manager's that signs the mesh's issuer" -}}
{{- end -}}
{{- if and $w.linkerd (not $w.trustAnchors) -}}
{{- fail "identityTrustAnchorsPEM: needed with Linkerd's control plane: its trust anchors" -}}
{{- end -}}
{{- if and (eq $w.certificates "files") (not $w.files.caBundle) -}}
{{- fail "proxyInjector.caBundle: needed with weft.certificates.mode: files: the CA that signed the webhook's certificate" -}}
{{- end -}}
{{- if gt (int $w.graceSeconds) 300 -}}
{{- fail (printf "weft.gracePeriod: expected a duration from 0s to 5m, such as 5s, got %s" $weft.gracePeriod) -}}
{{- end -}}
{{- end -}}

{{- /* The values, settled as weft install settles them, as JSON. */ -}}
{{- define "weft.settled" -}}
{{- $facts := .Files.Get "files/facts.yaml" | fromYaml -}}
{{- $given := .Values | toJson | fromJson -}}
{{- $asked := get $given "weft" | default dict -}}
{{- $all := $facts.values -}}
{{- if eq (toString $asked.highAvailability) "true" -}}
{{- include "weft.lay" (dict "below" $all "over" $facts.highAvailability) -}}
{{- end -}}
{{- include "weft.lay" (dict "below" $all "over" $given) -}}
{{- $weft := $all.weft | default dict -}}
{{- include "weft.fill" (dict "weft" $weft "usual" (.Files.Get "files/facts.yaml" | fromYaml).values.weft "folders" $facts.folders) -}}
{{- $values := omit $all "weft" -}}
{{- $adopts := $weft.adoptLinkerd -}}
{{- $makesNamespace := and (eq .Release.Namespace "default") (not $adopts) -}}
{{- $namespace := ternary "weft" .Release.Namespace $makesNamespace -}}

{{- $tls := dig "issuer" "tls" dict ($values.identity | default dict) | deepCopy -}}
{{- $hasIssuer := and $tls.crtPEM $tls.keyPEM -}}
{{- $isElsewhere := and $values.identityTrustAnchorsPEM (not $hasIssuer) (eq $weft.identity.mode "self") -}}
{{- $plane := $weft.controlPlane | default (ternary "linkerd" "own" (not (not $isElsewhere))) -}}
{{- $own := and (not $adopts) (eq $plane "own") -}}
{{- $issuer := "" -}}
{{- if $own -}}
{{- if eq $weft.identity.mode "cert-manager" -}}
{{- $issuer = "cert-manager" -}}
{{- else if $hasIssuer -}}
{{- $issuer = dig "issuer" "scheme" "" $values.identity | default "linkerd.io/tls" -}}
{{- end -}}
{{- end -}}

{{- $injector := $values.proxyInjector | default dict -}}
{{- $files := dict "certificate" "" "key" "" "caBundle" ($injector.caBundle | default "" | b64enc) -}}
{{- if and $injector.crtPEM $injector.keyPEM -}}
{{- $_ := set $files "certificate" ($injector.crtPEM | b64enc) -}}
{{- $_ := set $files "key" ($injector.keyPEM | b64enc) -}}
{{- end -}}

{{- range $facts.notPublic -}}
{{- include "weft.drop" (dict "from" $given "path" .) -}}
{{- include "weft.drop" (dict "from" $values "path" .) -}}
{{- end -}}
{{- $trustDomain := $values.identityTrustDomain | default $values.clusterDomain -}}
{{- $_ := set $values "identityTrustDomain" $trustDomain -}}
{{- if $own -}}
{{- $tap := dict "tap" (dict "enabled" (ternary $weft.tap true (hasKey $weft "tap"))) -}}
{{- include "weft.lay" (dict "below" $tap "over" $values) -}}
{{- $values = $tap -}}
{{- end -}}

{{- $controlPlaneNamespace := ternary $namespace ($weft.controlPlaneNamespace | default "linkerd") $own -}}
{{- $failurePolicy := $weft.failurePolicy | default $values.webhookFailurePolicy | default "Ignore" -}}
{{- $_ := set $weft "failurePolicy" $failurePolicy -}}
{{- $_ := set $weft "policies" (dict "failurePolicy" (dig "policies" "failurePolicy" "" $weft | default $failurePolicy)) -}}
{{- $inject := $weft.timeoutSeconds.inject | default $injector.timeoutSeconds | default $facts.injectSeconds -}}
{{- $_ := set $weft.timeoutSeconds "inject" $inject -}}
{{- $_ := set $weft.controller "replicas" ($weft.controller.replicas | default $weft.replicas) -}}
{{- range list $weft $weft.controller $weft.certificates -}}
{{- include "weft.amounts" .resources -}}
{{- end -}}

{{- $settled := dict
  "own" $own
  "linkerd" (and (not $own) (not $adopts))
  "adopts" $adopts
  "makesNamespace" $makesNamespace
  "namespace" $namespace
  "controlPlaneNamespace" $controlPlaneNamespace
  "version" .Chart.AppVersion
  "image" (include "weft.image" (dict "image" $weft.image "version" .Chart.AppVersion))
  "weft" $weft
  "certificates" $weft.certificates.mode
  "files" $files
  "issuer" $issuer
  "tls" (dict "certificate" ($tls.crtPEM | default "" | b64enc) "key" ($tls.keyPEM | default "" | b64enc))
  "trustAnchors" ($values.identityTrustAnchorsPEM | default "")
  "trustDomain" $trustDomain
  "leaf" (dict
    "lifetime" (dig "issuer" "issuanceLifetime" "" $values.identity | default "24h")
    "clockSkew" (dig "issuer" "clockSkewAllowance" "" $values.identity | default "20s"))
  "graceSeconds" (include "weft.seconds" $weft.gracePeriod | int)
  "settings" (toYaml (merge (dict "weft" (dict "controlPlaneNamespace" $controlPlaneNamespace)) $values))
  "given" (toYaml $given)
-}}
{{- include "weft.refuse" (dict "settled" $settled "public" $given "foreign" $facts.foreignNamespaces) -}}
{{- toJson $settled -}}
{{- end -}}
