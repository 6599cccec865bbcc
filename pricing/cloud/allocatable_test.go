package cloud

import "testing"

func TestAllocatable(t *testing.T) {
	eks, aks, gke := aws.Leaves, azure.Leaves, gcp.Leaves
	tests := map[string]struct {
		rule    func(Machine) Allocatable
		machine Machine
		cpu     int64
		memory  float64 // MiB
		pods    int64
	}{
		"EKS m6a.large":           {eks, Machine{VCPU: 2, Memory: 8 * gib, MaxPods: 29}, 1930, 7577.6 - 11*29 - 355, 29},
		"EKS m6g.large":           {eks, Machine{VCPU: 2, Memory: 8 * gib, MaxPods: 29, ARM64: true}, 1930, 8128*0.925 - 11*29 - 355, 29},
		"EKS c6a.8xlarge":         {eks, Machine{VCPU: 32, Memory: 64 * gib, MaxPods: 234}, 31850, 60620.8 - 11*234 - 355, 234},
		"EKS 4xlarge, 110 pods":   {eks, Machine{VCPU: 16, Memory: 64 * gib, MaxPods: 234}, 15890, 60620.8 - 11*110 - 355, 110},
		"EKS limit unknown":       {eks, Machine{VCPU: 48, Memory: 96 * gib}, 47810, 96*1024*0.925 - 11*250 - 355, 250},
		"EKS too small to be one": {eks, Machine{VCPU: 1, Memory: gib / 2, MaxPods: 110}, 940, 0, 110},
		"AKS D4s_v5":              {aks, Machine{VCPU: 4, Memory: 16 * gib, MaxPods: 250}, 3860, 15155.2 - 1024 - 819.2 - 819.2 - 750, 250},
		"AKS D64s_v5":             {aks, Machine{VCPU: 64, Memory: 256 * gib, MaxPods: 30}, 63260, 262144*0.925 - 2662.4 - 0.06*112*1024 - 0.02*128*1024 - 750, 30},
		"AKS limit unknown":       {aks, Machine{VCPU: 2, Memory: 4 * gib}, 1900, 4096*0.925 - 1024 - 750, 110},
		"GKE e2-standard-4":       {gke, Machine{VCPU: 4, Memory: 16 * gib}, 3920, 16384 - 256 - 16 - 64 - 28.672 - 2662.4 - 100, 110},
		"GKE e2-medium":           {gke, Machine{VCPU: 2, Memory: 4 * gib, MaxPods: 32}, 1930, 4096 - 64 - 16 - 64 - 8 - 7.168 - 1024 - 100, 32},
		"GKE n2-standard-80":      {gke, Machine{VCPU: 80, Memory: 320 * gib}, 79730, 327680 - 5120 - 16 - 64 - 248 - 2662.4 - 0.06*112*1024 - 0.02*192*1024 - 100, 110},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := tt.rule(tt.machine)
			if got.CPU != tt.cpu {
				t.Errorf("CPU: got %d m, want %d m", got.CPU, tt.cpu)
			}
			if got, want := float64(got.Memory)/float64(mib), tt.memory; got < want-0.01 || got > want+0.01 {
				t.Errorf("memory: got %.2f MiB, want %.2f MiB", got, want)
			}
			if got.Pods != tt.pods {
				t.Errorf("pods: got %d, want %d", got.Pods, tt.pods)
			}
		})
	}
}
