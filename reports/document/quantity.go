package document

import (
	"fmt"
	"math"

	"k8s.io/apimachinery/pkg/api/resource"
)

// CPU is an amount of CPU in millionths of a core. As text it is a canonical
// Kubernetes quantity: 120m, 2, 340u.
type CPU int64

// Bytes is an amount of memory. As text it is a canonical Kubernetes quantity
// in binary units: 412Mi.
type Bytes int64

// Devices is a number of whole GPUs. As text it is a Kubernetes quantity.
type Devices int64

// MicroPerMilli is how many units of CPU a millicore has.
const MicroPerMilli = 1000

// Milli gives the CPU of so many millicores.
func Milli(m int64) CPU { return CPU(m * MicroPerMilli) }

// String gives the canonical quantity.
func (c CPU) String() string { return resource.NewScaledQuantity(int64(c), resource.Micro).String() }

// MarshalText gives the canonical quantity.
func (c CPU) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads any Kubernetes quantity; below a microcore it rounds up.
func (c *CPU) UnmarshalText(text []byte) error {
	q, err := parseQuantity(text)
	*c = CPU(q.ScaledValue(resource.Micro))
	return err
}

// String gives the canonical quantity.
func (b Bytes) String() string { return resource.NewQuantity(int64(b), resource.BinarySI).String() }

// MarshalText gives the canonical quantity.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads any Kubernetes quantity; below a byte it rounds up.
func (b *Bytes) UnmarshalText(text []byte) error {
	q, err := parseQuantity(text)
	*b = Bytes(q.Value())
	return err
}

// String gives the quantity.
func (d Devices) String() string { return resource.NewQuantity(int64(d), resource.DecimalSI).String() }

// MarshalText gives the quantity.
func (d Devices) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads any Kubernetes quantity.
func (d *Devices) UnmarshalText(text []byte) error {
	q, err := parseQuantity(text)
	*d = Devices(q.Value())
	return err
}

func parseQuantity(text []byte) (resource.Quantity, error) {
	q, err := resource.ParseQuantity(string(text))
	if err != nil {
		return resource.Quantity{}, fmt.Errorf("%q is not a Kubernetes quantity", text)
	}
	return q, nil
}

// Microcores rounds usage in millicores to the microcore.
func Microcores(millicores float64) CPU { return CPU(Whole(millicores * MicroPerMilli)) }

// Kibibytes rounds usage in bytes up to the KiB.
func Kibibytes(bytes float64) Bytes { return Bytes(Whole(math.Ceil(bytes/1024)) * 1024) }

// Whole rounds to the nearest integer and holds it where int64 arithmetic on
// sums of it cannot overflow; what is no number is 0.
func Whole(v float64) int64 {
	const most = 1 << 52
	if math.IsNaN(v) {
		return 0
	}
	return int64(math.Round(min(max(v, -most), most)))
}
