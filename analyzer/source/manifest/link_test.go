package manifest_test

import (
	"os"
	"strings"
	"testing"
)

// TestLinksToNothing wants every link that may have been a manifest or a folder
// of them told, and no other one.
func TestLinksToNothing(t *testing.T) {
	unpack(t, "-- tree/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
	for _, name := range []string{"b.yaml", "folder", "notes.md", ".hidden"} {
		if err := os.Symlink("nowhere", "tree/"+name); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, p := range read(t, "tree").Problems {
		got = append(got, p.File)
	}
	if list := strings.Join(got, " "); list != "tree/b.yaml tree/folder" {
		t.Errorf("got %s, want the link to a file and that to a folder", list)
	}
}
