package object

import (
	"reflect"
	"slices"
	"strings"
)

// A fate says what becomes of a field of the Kubernetes API. Fields that no table
// names pin what has them, so that a newer API is never misread in silence.
type fate struct {
	// modelled fields are read into the snapshot.
	modelled bool
	// ignored is why a field that is not read can't change where a pod may run, or
	// what is lost when it moves.
	ignored string
}

var read = fate{modelled: true}

func ignore(why string) fate { return fate{ignored: why} }

// podFields are those of a pod's spec.
func podFields() map[string]fate {
	const inside, afterwards = "it is about the inside of the pod", "it counts once the pod is on a node"
	return map[string]fate{
		"volumes": read, "initContainers": read, "containers": read, "nodeSelector": read, "nodeName": read, "hostNetwork": read,
		"affinity": read, "schedulerName": read, "tolerations": read, "priorityClassName": read, "priority": read, "overhead": read,
		"topologySpreadConstraints": read, "runtimeClassName": read, "resourceClaims": read, "resources": read, "terminationGracePeriodSeconds": read,
		"ephemeralContainers":          ignore("they request nothing, and end with the pod"),
		"restartPolicy":                ignore(afterwards),
		"activeDeadlineSeconds":        ignore(afterwards),
		"dnsPolicy":                    ignore(inside),
		"dnsConfig":                    ignore(inside),
		"serviceAccountName":           ignore(inside),
		"serviceAccount":               ignore(inside),
		"automountServiceAccountToken": ignore(inside),
		"hostPID":                      ignore("every node has its processes"),
		"hostIPC":                      ignore("every node has its IPC namespace"),
		"hostUsers":                    ignore(inside),
		"shareProcessNamespace":        ignore(inside),
		"securityContext":              ignore(inside),
		"imagePullSecrets":             ignore("nodes pull by the pod's secrets"),
		"hostname":                     ignore(inside),
		"hostnameOverride":             ignore(inside),
		"subdomain":                    ignore(inside),
		"setHostnameAsFQDN":            ignore(inside),
		"hostAliases":                  ignore(inside),
		"readinessGates":               ignore(afterwards),
		"enableServiceLinks":           ignore(inside),
		"preemptionPolicy":             ignore("all pods of a plan have room"),
		"os":                           ignore("nodes that run Windows stay as they are"),
		"schedulingGates":              ignore("a gated pod is on no node"),
	}
}

// containerFields are those of a container, of the pod's start too.
func containerFields() map[string]fate {
	const inside = "it is about the inside of the pod"
	return map[string]fate{
		"name": read, "image": read, "ports": read, "resources": read, "restartPolicy": read, "volumeMounts": read,
		"command":                  ignore("it is about the inside of the pod: heaps are read of it"),
		"args":                     ignore("it is about the inside of the pod: heaps are read of it"),
		"env":                      ignore("it is about the inside of the pod: heaps are read of it"),
		"workingDir":               ignore(inside),
		"envFrom":                  ignore(inside),
		"restartPolicyRules":       ignore("it counts once the pod is on a node"),
		"resizePolicy":             ignore("it counts once the pod is on a node"),
		"volumeDevices":            ignore("the pod's volumes are read"),
		"livenessProbe":            ignore(inside),
		"readinessProbe":           ignore(inside),
		"startupProbe":             ignore(inside),
		"lifecycle":                ignore(inside),
		"terminationMessagePath":   ignore(inside),
		"terminationMessagePolicy": ignore(inside),
		"imagePullPolicy":          ignore("nodes pull by it"),
		"securityContext":          ignore(inside),
		"stdin":                    ignore(inside),
		"stdinOnce":                ignore(inside),
		"tty":                      ignore(inside),
	}
}

// volumeFields are those of one volume of a pod.
func volumeFields() map[string]fate {
	const everywhere = "every node can mount it"
	return map[string]fate{
		"hostPath": read, "emptyDir": read, "persistentVolumeClaim": read, "ephemeral": read,
		"gitRepo":     ignore("it is made anew for each pod"),
		"secret":      ignore(everywhere),
		"configMap":   ignore(everywhere),
		"downwardAPI": ignore(everywhere),
		"projected":   ignore(everywhere),
		"image":       ignore(everywhere),
		"csi":         ignore("an inline volume is made anew for each pod"),
		"nfs":         ignore("it is reached over the network"),
		"cephfs":      ignore("it is reached over the network"),
		"azureFile":   ignore("it is reached over the network"),
		"glusterfs":   ignore("it is reached over the network"),
	}
}

// persistentFields are those of a persistent volume's spec.
func persistentFields() map[string]fate {
	const network = "it is reached over the network, from where nodeAffinity says"
	return map[string]fate{
		"capacity": read, "accessModes": read, "claimRef": read, "persistentVolumeReclaimPolicy": read, "storageClassName": read, "nodeAffinity": read,
		"mountOptions":              ignore("any node mounts by them"),
		"volumeMode":                ignore("any node attaches by it"),
		"volumeAttributesClassName": ignore("it changes the volume's price and speed alone"),
		"csi":                       read, "local": read, "hostPath": read,
		"awsElasticBlockStore": read, "gcePersistentDisk": read, "azureDisk": read,
		"nfs": ignore(network), "cephfs": ignore(network), "azureFile": ignore(network), "glusterfs": ignore(network), "rbd": ignore(network),
	}
}

// nodeFields are those of a node's spec.
func nodeFields() map[string]fate {
	const network = "the network plugin gives each node its own"
	return map[string]fate{
		"providerID": read, "unschedulable": read, "taints": read,
		"podCIDR": ignore(network), "podCIDRs": ignore(network),
		"externalID": ignore("nothing reads it since Kubernetes 1.13"),
	}
}

// unmodelled lists the fields of a struct that are set and that the table does not
// name, as the API spells them; what is embedded counts as the struct's own.
func unmodelled(v reflect.Value, known map[string]fate, prefix string) []string {
	var out []string
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case v.Field(i).IsZero():
		case f.Anonymous:
			out = append(out, unmodelled(v.Field(i), known, prefix)...)
		default:
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if _, ok := known[name]; !ok {
				out = append(out, prefix+name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
