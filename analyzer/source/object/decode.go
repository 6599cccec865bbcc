package object

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// header is what tells the kind of an object.
type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

var errNoKind = errors.New("not a Kubernetes object: it has no kind")

// add decodes one object and adds it. An item of a typed list has no kind of
// its own, so the list tells it. An object that cannot be read by itself is
// left out and told of.
func add(v *Inventory, raw []byte, list header) error {
	return v.leave(addObject(v, raw, list), raw, list)
}

// leave leaves out what could not be read by itself: an object, or an item of a list or
// a document that is none. Those two are counted apart, so that they do not pass for a
// sign that the text still brings objects. Any other error comes back.
func (v *Inventory) leave(err error, raw []byte, list header) error {
	if wrong := (*json.UnmarshalTypeError)(nil); errors.Is(err, errNoKind) || errors.As(err, &wrong) {
		what := "document "
		if list.Kind != "" {
			what = "item of a " + list.Kind + " "
		} else if v.noObject == nil {
			v.noObject = &positionError{v.where().document, v.where().line, err}
		}
		if v.bad++; v.left >= mostNamed {
			v.left++
			return nil
		}
		err = &objectError{strings.TrimSpace(what + nameIn(raw, header{})), err}
	}
	if one := (*objectError)(nil); errors.As(err, &one) {
		v.skip(one.object, one.err.Error())
		return nil
	}
	return err
}

func addObject(v *Inventory, raw []byte, list header) error {
	var h header
	if err := json.Unmarshal(raw, &h); err != nil {
		return decodeError("object", err)
	}
	if h.Kind == "" {
		if h = list.itemKind(); h.Kind == "" {
			return errNoKind
		}
	}
	if strings.HasSuffix(h.Kind, "List") {
		if nested, err := listItems(raw); err != nil || nested != nil {
			for _, item := range nested {
				if err := add(v, item, h); err != nil {
					return err
				}
			}
			return err
		}
	}
	if v.read++; v.read > mostObjects {
		return errMany
	}
	return addKind(v, raw, h)
}

func listItems(raw []byte) ([]json.RawMessage, error) {
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, decodeError("list", err)
	}
	return list.Items, nil
}

func addKind(v *Inventory, raw []byte, h header) error {
	gvk := schema.FromAPIVersionAndKind(h.APIVersion, h.Kind)
	if typed := newTyped(gvk.GroupKind()); typed != nil {
		if err := json.Unmarshal(raw, typed); err != nil {
			return &objectError{nameIn(raw, h), problemOf(raw, err)}
		}
		if problem := refused(raw, typed); problem != nil {
			return &objectError{nameIn(raw, h), problem}
		}
		if hpa, ok := typed.(*autoscalingv2.HorizontalPodAutoscaler); ok {
			upgradeHPA(hpa, gvk.Version, raw)
		}
		v.Add(typed)
		v.pinUnknown(typed, raw)
		return nil
	}
	if gvk.Group == "" || ignored[gvk.Group] {
		return nil // Secrets and ConfigMaps among them: not even decoded
	}
	o := &unstructured.Unstructured{}
	if err := json.Unmarshal(raw, &o.Object); err != nil {
		return &objectError{nameIn(raw, h), problemOf(raw, err)}
	}
	o.SetAPIVersion(h.APIVersion)
	o.SetKind(h.Kind)
	v.Add(o)
	return nil
}

// refused says why no API server would have taken an object that can be decoded: it would
// be a pod without a name that waits, or one that requests less than nothing.
func refused(raw []byte, typed runtime.Object) error {
	if o, ok := typed.(metav1.Object); ok && o.GetName() == "" && o.GetGenerateName() == "" {
		return errors.New("metadata.name: there is none")
	}
	if bytes.Contains(raw, []byte(`"-`)) || bytes.Contains(raw, []byte(`:-`)) || bytes.Contains(raw, []byte(`: -`)) {
		if path, value := belowZero(raw); path != "" {
			return fmt.Errorf("%s: %q is below zero", path, value)
		}
	}
	return nil
}

// nameIn names an object that could not be decoded.
func nameIn(raw []byte, h header) string {
	var o struct {
		Metadata struct{ Namespace, Name string } `json:"metadata"`
	}
	_ = json.Unmarshal(raw, &o) // what can be had of a broken object will do
	return strings.Trim(strings.ReplaceAll(o.Metadata.Namespace+"/"+h.Kind+"/"+o.Metadata.Name, "//", "/"), "/")
}

// problemOf says what of an object cannot be read, and where.
func problemOf(raw []byte, err error) error {
	if path, value := badQuantity(raw); path != "" {
		return errors.New(quantityProblem(path, value))
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Errorf("field %s cannot be a %s", wrong.Field, strings.Replace(wrong.Value, "array", "list", 1))
	}
	if path, value := badTime(raw); path != "" {
		return fmt.Errorf("%s: %q is not a time; write it as 2026-06-01T00:00:00Z", path, value)
	}
	return err
}

// wrongType is an error of decoding in the words of the manifest.
type wrongType struct {
	text string
	err  error
}

func (e *wrongType) Error() string { return e.text }
func (e *wrongType) Unwrap() error { return e.err }

// decodeError says where a value does not fit, in the words of the manifest.
func decodeError(what string, err error) error {
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		value := "a " + wrong.Value
		switch wrong.Value {
		case "array":
			value = "a list"
		case "object":
			value = "an object"
		}
		if wrong.Field == "" {
			return &wrongType{fmt.Sprintf("%s is %s, not a Kubernetes object", what, value), wrong}
		}
		return &wrongType{fmt.Sprintf("%s: field %s cannot be %s", what, wrong.Field, value), wrong}
	}
	return fmt.Errorf("%s: %w", what, err)
}
