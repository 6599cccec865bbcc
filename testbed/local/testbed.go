// Package local runs a whole Kubernetes control plane with simulated nodes on
// loopback, without containers: it builds the programs, makes certificates,
// starts and stops the processes and fills the cluster.
package local

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// Testbed is a running testbed, as its folder's testbed.json has it. All URLs
// are on 127.0.0.1.
type Testbed struct {
	Dir        string `json:"dir"`
	Bin        string `json:"bin"`
	Kubeconfig string `json:"kubeconfig"` // of a cluster admin
	Truth      string `json:"truth"`      // what the history's use is, computed without Prometheus
	APIServer  string `json:"apiServer"`
	Prometheus string `json:"prometheus"`
	// KubeStateMetrics and Kubelets serve what Prometheus scrapes.
	KubeStateMetrics string `json:"kubeStateMetrics"`
	Kubelets         string `json:"kubelets"`
	// HistoryStart and HistoryEnd bound the backfilled history.
	HistoryStart time.Time `json:"historyStart"`
	HistoryEnd   time.Time `json:"historyEnd"`

	Ports map[string]int `json:"ports"`
	// Flags are added to components' command lines, after the testbed's own.
	Flags map[string][]string `json:"flags,omitempty"`
}

const stateFile = "testbed.json"

// DefaultDir is the folder of the testbed that is meant when none is named.
func DefaultDir() (string, error) {
	cache, err := CacheDir()
	return filepath.Join(cache, "run"), err
}

// Open reads the testbed in a folder ("" is the default folder).
func Open(dir string) (*Testbed, error) {
	dir, err := folder(dir)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(dir, stateFile))
	if os.IsNotExist(err) {
		return nil, fmt.Errorf("no testbed in %s; start one with `testbed up --dir %s`", dir, dir)
	}
	if err != nil {
		return nil, err
	}
	t := &Testbed{}
	if err := json.Unmarshal(b, t); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(dir, stateFile), err)
	}
	return t, nil
}

func folder(dir string) (string, error) {
	if dir == "" {
		return DefaultDir()
	}
	return filepath.Abs(dir)
}

// save writes testbed.json and env, which a shell can source.
func (t *Testbed) save() error {
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(t.Dir, stateFile), append(b, '\n'), 0o644); err != nil {
		return err
	}
	env := fmt.Sprintf("export KUBECONFIG=%q\nexport TESTBED_DIR=%q\nexport TESTBED_PROMETHEUS=%q\nexport TESTBED_TRUTH=%q\n",
		t.Kubeconfig, t.Dir, t.Prometheus, t.Truth)
	return os.WriteFile(filepath.Join(t.Dir, "env"), []byte(env), 0o644)
}

// String is the testbed's status for people.
func (t *Testbed) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "export KUBECONFIG=%s\n\nAPI server          %s\nPrometheus          %s\nkube-state-metrics  %s\nkubelets (kwok)     %s\nhistory             %s to %s\ntruth               %s\nlogs                %s\n",
		t.Kubeconfig, t.APIServer, t.Prometheus, t.KubeStateMetrics, t.Kubelets,
		t.HistoryStart.Format(time.RFC3339), t.HistoryEnd.Format(time.RFC3339), t.Truth, filepath.Join(t.Dir, "logs"))
	var running, stopped []string
	for _, p := range t.processes() {
		if _, ok := p.pid(); ok {
			running = append(running, p.name)
		} else {
			stopped = append(stopped, p.name)
		}
	}
	sort.Strings(running)
	sort.Strings(stopped)
	fmt.Fprintf(&b, "running             %s\n", strings.Join(running, " "))
	if len(stopped) > 0 {
		fmt.Fprintf(&b, "stopped             %s\n", strings.Join(stopped, " "))
	}
	return b.String()
}

// Start starts one component that was stopped.
func (t *Testbed) Start(name string) error {
	p, err := t.process(name)
	if err != nil {
		return err
	}
	if _, ok := p.pid(); ok {
		return nil
	}
	return p.start()
}

// Stop stops one component; its data stays.
func (t *Testbed) Stop(name string) error {
	p, err := t.process(name)
	if err != nil {
		return err
	}
	stop(10*time.Second, p)
	return nil
}

// Down stops everything and removes the folder.
func Down(dir string) (int, error) {
	t, err := Open(dir)
	if err != nil {
		return 0, err
	}
	n := stop(5*time.Second, t.processes()...)
	return n, os.RemoveAll(t.Dir)
}

func (t *Testbed) process(name string) (*process, error) {
	var names []string
	for _, p := range t.processes() {
		if p.name == name {
			return p, nil
		}
		names = append(names, p.name)
	}
	return nil, fmt.Errorf("no component is called %q; there are %s", name, strings.Join(names, ", "))
}
