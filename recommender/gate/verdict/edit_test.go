package verdict_test

import (
	"testing"

	"github.com/plimsoll-k8s/plimsoll/recommender/gate/verdict"
)

func TestApplyRefuses(t *testing.T) {
	data := []byte("cpu: 100m\n")
	edit := verdict.Edit{File: "f", Start: 5, End: 9, Old: "100m", New: "50m"}
	if got, err := verdict.Apply(data, []verdict.Edit{edit, edit}); err != nil || string(got) != "cpu: 50m\n" {
		t.Errorf("got %q, %v, want the same edit made once", got, err)
	}
	other := edit
	other.New = "70m"
	if _, err := verdict.Apply(data, []verdict.Edit{edit, other}); err == nil {
		t.Error("two edits of one place were made")
	}
	if _, err := verdict.Apply([]byte("cpu: 200m\n"), []verdict.Edit{edit}); err == nil {
		t.Error("a file that changed meanwhile was edited")
	}
	if _, err := verdict.Apply([]byte("cpu"), []verdict.Edit{edit}); err == nil {
		t.Error("a file that is too short was edited")
	}
}
