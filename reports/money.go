package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// USD is an amount of money, in cents inside so that sums are exact, in
// dollars with at most two decimals as JSON.
type USD int64

// MarshalJSON gives dollars.
func (u USD) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(u)/100, 'f', -1, 64), nil
}

// UnmarshalJSON reads dollars and rounds them to the cent.
func (u *USD) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(string(data), 64)
	if err != nil {
		return fmt.Errorf("%s is not an amount of money", data)
	}
	*u = USD(whole(f * 100))
	return nil
}

// String gives the amount for people: $1,234.50 and -$0.07.
func (u USD) String() string {
	sign, cents := "", uint64(u)
	if u < 0 {
		sign, cents = "-", uint64(-u)
	}
	digits := strconv.FormatUint(cents/100, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return fmt.Sprintf("%s$%s.%02d", sign, digits, cents%100)
}

// apportion rounds parts to cents by largest remainder: the rounded parts add
// up to the rounded sum, and each is off by less than a cent. Where remainders
// are equal the earlier part gets the cent.
func apportion(parts []float64) (rounded []USD, total USD) {
	var sum float64
	for _, p := range parts {
		sum += finite(p)
	}
	return apportionTo(sum, parts)
}

// apportionTo does the same for parts whose sum is known in another way, such
// as one that was rounded with others before. What the remainders can't settle
// is the largest part's.
func apportionTo(sum float64, parts []float64) (rounded []USD, total USD) {
	rounded = make([]USD, len(parts))
	rest := make([]float64, len(parts))
	order := make([]int, len(parts))
	var floors USD
	for i, p := range parts {
		cents := finite(p) * 100
		rounded[i] = USD(whole(math.Floor(cents)))
		rest[i], order[i] = cents-float64(rounded[i]), i
		floors += rounded[i]
	}
	total = USD(whole(finite(sum) * 100))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for _, i := range order {
		if floors >= total {
			break
		}
		rounded[i]++
		floors++
	}
	if floors != total && len(rounded) > 0 {
		at := 0
		for i := range rounded {
			if abs(rounded[i]) > abs(rounded[at]) {
				at = i
			}
		}
		rounded[at] += total - floors
	}
	return rounded, total
}

func abs(u USD) USD { return max(u, -u) }

// finite gives 0 for what is no number, and holds money within a trillion.
func finite(v float64) float64 {
	const most = 1e12
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -most), most)
}

// decimals rounds to so many decimals; what is no number is 0.
func decimals(v float64, n int) float64 {
	p := math.Pow10(n)
	if r := math.Round(v*p) / p; !math.IsNaN(r) && !math.IsInf(r, 0) {
		return r
	}
	return 0
}

func share(v float64) float64 { return min(max(decimals(v, 6), 0), 1) }
