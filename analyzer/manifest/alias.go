package manifest

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// mostUnfolded bounds what the aliases of a YAML text may come to, beside its
// own length: anchors in real files save a few lines.
const mostUnfolded = 4 << 20

// ErrAliases refuses a YAML text whose aliases unfold to far more than it is.
var ErrAliases = fmt.Errorf("its aliases (*name) unfold to more than %d MiB; write the values out", mostUnfolded>>20)

// CheckAliases bounds what a YAML text unfolds to when its aliases are
// replaced by what they stand for. Decoders that make plain values of YAML do
// that, a megabyte a thousand times over. A text that is no YAML passes: its
// decoder says so better.
func CheckAliases(text []byte) error {
	if !bytes.ContainsRune(text, '*') || !bytes.ContainsRune(text, '&') {
		return nil
	}
	u := unfolding{sizes: map[*yaml.Node]int64{}}
	for doc := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var root yaml.Node
		if err := decodeNode(doc, &root); err != nil {
			return nil
		}
		if u.size(&root) > mostUnfolded+int64(len(text)) {
			return ErrAliases
		}
	}
}

func decodeNode(d *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: the parser gave up: %v", r)
		}
	}()
	return d.Decode(n)
}

// unfolding adds up what nodes come to; each is looked at once.
type unfolding struct{ sizes map[*yaml.Node]int64 }

func (u *unfolding) size(n *yaml.Node) int64 {
	const most = 1 << 60
	if n == nil {
		return 0
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if known, ok := u.sizes[n]; ok {
		return known
	}
	u.sizes[n] = most // of an anchor within itself
	sum := int64(len(n.Value)) + 8
	for _, c := range n.Content {
		sum = min(sum+u.size(c), most)
	}
	u.sizes[n] = sum
	return sum
}
