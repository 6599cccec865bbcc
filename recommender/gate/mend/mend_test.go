package mend

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

const manifest = "cpu: 1200m\n"

// found is a judgement of one file with one number to put right.
func found(t *testing.T) *verdict.Result {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("deploy.yaml", []byte(manifest), 0o640); err != nil {
		t.Fatal(err)
	}
	return &verdict.Result{Findings: []verdict.Finding{{Object: "shop/Deployment/cart", State: verdict.StateNew, Fix: []verdict.Edit{{File: "deploy.yaml", Start: 5, End: 10, Old: "1200m", New: "120m"}}}}}
}

func checkFile(t *testing.T, want string) {
	t.Helper()
	got, err := os.ReadFile("deploy.yaml")
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if info, err := os.Stat("deploy.yaml"); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("got mode %v, %v, want it kept", info.Mode(), err)
	}
}

// TestInterrupted wants the files as they were where they cannot be judged again:
// an interrupt says that nothing was written.
func TestInterrupted(t *testing.T) {
	first := found(t)
	ctx, cancel := context.WithCancel(context.Background())
	f := Fixer{
		Warn: func(m string) { t.Errorf("warned of %s", m) },
		Judge: func(context.Context) (*verdict.Result, error) {
			checkFile(t, "cpu: 120m\n")
			cancel()
			return &verdict.Result{}, nil
		},
	}
	if _, _, err := f.Run(ctx, first); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the interrupt", err)
	}
	checkFile(t, manifest)
}

// TestUnjudged wants the same of what cannot be judged.
func TestUnjudged(t *testing.T) {
	first, broken := found(t), errors.New("no kustomization")
	f := Fixer{Judge: func(context.Context) (*verdict.Result, error) { return nil, broken }}
	if _, _, err := f.Run(t.Context(), first); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	checkFile(t, manifest)
}

// TestRun: what is put right is counted; what brings another finding is taken back.
func TestRun(t *testing.T) {
	first := found(t)
	f := Fixer{Judge: func(context.Context) (*verdict.Result, error) { return &verdict.Result{}, nil }}
	left, done, err := f.Run(t.Context(), first)
	if err != nil || done["deploy.yaml"] != 1 || len(left.Findings) != 1 || left.Findings[0].State != verdict.StateFixed {
		t.Errorf("got %+v, %v, %v, want one number put right", left, done, err)
	}
	checkFile(t, "cpu: 120m\n")

	first = found(t)
	var said []string
	f = Fixer{
		Warn: func(m string) { said = append(said, m) },
		Judge: func(context.Context) (*verdict.Result, error) {
			return &verdict.Result{Findings: []verdict.Finding{{Rule: "limit-range", Object: "shop/Deployment/cart", State: verdict.StateNew, Message: "too small"}}}, nil
		},
	}
	left, done, err = f.Run(t.Context(), first)
	if err != nil || left != first || len(done) != 0 || len(said) != 1 {
		t.Errorf("got %+v, %v, %v and %q, want it left and said", left, done, err, said)
	}
	checkFile(t, manifest)
}
