package pricing

import (
	"errors"
	"fmt"
)

// hardware is what machines of one's own were bought for, in USD for a vCPU, a GiB and a
// GPU, and the years over which that is spread. The zero value is none.
type hardware struct {
	vcpu, gib, gpu, years float64
}

// mostYears is the longest time over which hardware is written off.
const mostYears = 30

// rates spreads the cost evenly over all hours of the years: no interest, power or
// room is in it.
func (h hardware) rates() (r rates, gpu float64, err error) {
	switch {
	case h == hardware{}:
		return r, 0, nil
	case h.years == 0:
		return r, 0, errors.New("hardware cost needs the years over which it is spread")
	case h.years*12 < 1:
		return r, 0, fmt.Errorf("hardware is spread over %g years; less than a month is not believed", h.years)
	case h.years > mostYears:
		return r, 0, fmt.Errorf("hardware is spread over %g years; at most %d are believed", h.years, mostYears)
	case h.vcpu == 0 || h.gib == 0:
		return r, 0, errors.New("hardware cost per vCPU and per GiB must both be given and above 0")
	}
	hours := h.years * 8760
	return rates{cpu: h.vcpu / hours, gib: h.gib / hours}, h.gpu / hours, nil
}

// lay puts the hardware's rates into an entry that has none of its own.
func (h hardware) lay(e *entry) error {
	r, gpu, err := h.rates()
	if err != nil || r == (rates{}) {
		return err
	}
	if e.rates != (rates{}) || e.gpuUSD > 0 {
		return errors.New("rates by the hour and hardware cost are both given: give one")
	}
	e.rates, e.gpuUSD = r, gpu
	return nil
}
