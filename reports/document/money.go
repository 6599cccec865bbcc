package document

import (
	"fmt"
	"math"
	"strconv"
)

// Dollars is an amount of money in hundred-thousandths of a dollar inside, so
// that sums are exact, and in dollars with at most five decimals as JSON.
type Dollars int64

// PerDollar is how many units of Dollars a dollar has.
const PerDollar = 100_000

// MarshalJSON gives dollars.
func (d Dollars) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(d)/PerDollar, 'f', -1, 64), nil
}

// UnmarshalJSON reads dollars and rounds them to five decimals.
func (d *Dollars) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(string(data), 64)
	if err != nil {
		return fmt.Errorf("%s is not an amount of money", data)
	}
	*d = Dollars(Whole(f * PerDollar))
	return nil
}

// USD cuts to the cent.
func (d Dollars) USD() USD { return USD(d / (PerDollar / 100)) }

// Dollars gives the same amount in the finer unit.
func (u USD) Dollars() Dollars { return Dollars(u) * (PerDollar / 100) }

// IsFinite reports whether v is a number.
func IsFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

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
	*u = USD(Whole(f * 100))
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

// Rounded gives whole dollars, half a dollar away from zero.
func (u USD) Rounded() USD {
	if u < 0 {
		return -(-u).Rounded()
	}
	return (u + 50) / 100 * 100
}

// Saved is what leaves a bill of before when after is left, in whole dollars: each as it is
// printed, so that the three add up. It is less than a dollar off its own cents.
func Saved(before, after USD) USD { return before.Rounded() - after.Rounded() }

// Finite gives 0 for what is no number, and holds money within a trillion.
func Finite(v float64) float64 {
	const most = 1e12
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -most), most)
}

// Decimals rounds to so many decimals; what is no number is 0.
func Decimals(v float64, n int) float64 {
	p := math.Pow10(n)
	if r := math.Round(v*p) / p; !math.IsNaN(r) && !math.IsInf(r, 0) {
		return r
	}
	return 0
}

// Share rounds a share to six decimals and holds it within 0 and 1.
func Share(v float64) float64 { return min(max(Decimals(v, 6), 0), 1) }

// Cents rounds an amount that is in no sum.
func Cents(v float64) USD { return USD(Whole(Finite(v) * 100)) }

// Hourly rounds a price an hour, which is small, to a hundredth of a cent.
func Hourly(v float64) float64 { return Decimals(Finite(v), 4) }
