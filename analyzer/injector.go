package analyzer

import (
	"cmp"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

// injectors are the webhooks that many use, by the container that they add,
// and where the requests of it are set.
var injectors = map[string]string{
	"istio-proxy":      "the annotations sidecar.istio.io/proxyCPU and proxyMemory of the pod template, or global.proxy.resources of Istio",
	"istio-init":       "global.proxy_init.resources of Istio",
	"istio-validation": "global.proxy_init.resources of Istio",
	"linkerd-proxy":    "the annotations config.linkerd.io/proxy-cpu-request and proxy-memory-request of the pod template",
	"linkerd-init":     "proxyInit.resources of Linkerd",
	"daprd":            "the annotations dapr.io/sidecar-cpu-request and sidecar-memory-request of the pod template",
	"vault-agent":      "the annotations vault.hashicorp.com/agent-requests-cpu and agent-requests-mem of the pod template",
	"vault-agent-init": "the annotations vault.hashicorp.com/agent-requests-cpu and agent-requests-mem of the pod template",
	"consul-dataplane": "the annotations consul.hashicorp.com/sidecar-proxy-cpu-request and sidecar-proxy-memory-request of the pod template",
	"envoy-sidecar":    "the annotations consul.hashicorp.com/sidecar-proxy-cpu-request and sidecar-proxy-memory-request of the pod template",
	"otc-container":    "spec.resources of the OpenTelemetryCollector",
	"kuma-sidecar":     "the ContainerPatch of the mesh, or runtime.kubernetes.injector.sidecarContainer.resources of Kuma",
}

// SetWhere says where an injected container's requests are set.
func (c *Container) SetWhere() string {
	name := c.Name[strings.LastIndexByte(c.Name, '/')+1:]
	return cmp.Or(injectors[name], cloud.SidecarSetWhere(name), "the configuration of the webhook or operator that adds it")
}
