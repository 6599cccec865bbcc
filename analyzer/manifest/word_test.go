package manifest

import "testing"

// TestSameWord: a key is known by its letters, however its words are parted, and with a
// letter in five that is wrong, missing or too much.
func TestSameWord(t *testing.T) {
	for _, tt := range []struct {
		got, want string
		same      bool
	}{
		{"Resources", "resources", true}, {"re-sources", "resources", true}, {"init_containers", "initContainers", true},
		{"resource", "resources", true}, {"resourcess", "resources", true}, {"reosurces", "resources", true}, {"resourxes", "resources", true},
		{"resour", "resources", false}, {"resources-of", "resources", false}, {"image", "resources", false}, {"", "resources", false},
		{"contaners", "containers", true}, {"contaner", "containers", true}, {"containe", "containers", true}, {"contain", "containers", false},
	} {
		if got := sameWord(tt.got, tt.want); got != tt.same {
			t.Errorf("sameWord(%q, %q): got %t", tt.got, tt.want, got)
		}
		if plain := distance(tt.got, tt.want) <= max(1, len(tt.want)/5); plain && !tt.same {
			t.Errorf("%q is near %q by the letters alone", tt.got, tt.want)
		}
	}
}
