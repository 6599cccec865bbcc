package manifest

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// MostAmount holds amounts where sums of them cannot overflow. What is larger is
// taken for it.
const MostAmount = 1 << 52

// ParseCPU reads a Kubernetes quantity as millicores; parts of one round up.
func ParseCPU(s string) (int64, error) {
	v, _, err := parseQuantity(s, 1000)
	return v, err
}

// ParseBytes reads a Kubernetes quantity as bytes, or as a whole number of
// anything else; parts of one round up.
func ParseBytes(s string) (int64, error) {
	v, _, err := parseQuantity(s, 1)
	return v, err
}

// suffixes are the multipliers of the quantity grammar, as powers of ten or
// two.
var suffixes = map[string]struct{ base, exponent int64 }{
	"n": {10, -9}, "u": {10, -6}, "m": {10, -3}, "": {10, 0}, "k": {10, 3}, "M": {10, 6}, "G": {10, 9},
	"T": {10, 12}, "P": {10, 15}, "E": {10, 18},
	"Ki": {2, 10}, "Mi": {2, 20}, "Gi": {2, 30}, "Ti": {2, 40}, "Pi": {2, 50}, "Ei": {2, 60},
}

// parseQuantity gives s times scale, rounded away from zero as Kubernetes
// does, and held at MostAmount. whole says that nothing was rounded.
func parseQuantity(s string, scale int64) (value int64, whole bool, err error) {
	if v, ok := smallQuantity(s, scale); ok {
		return v, true, nil
	}
	number := strings.TrimRight(s, "numkKMGTPEi")
	suffix := s[len(number):]
	mult, known := suffixes[suffix]
	if i := strings.IndexAny(number, "eE"); i > 0 && suffix == "" {
		e, err := strconv.ParseInt(strings.TrimPrefix(number[i+1:], "+"), 10, 16)
		if err != nil || strings.HasPrefix(number[i+1:], "+-") {
			return 0, false, notQuantity(s)
		}
		number, mult.exponent = number[:i], max(min(e, 60), -60)
	}
	if !known || !isDecimal(number) {
		return 0, false, notQuantity(s)
	}
	v, ok := new(big.Rat).SetString(strings.TrimPrefix(strings.TrimSuffix(number, "."), "+"))
	if !ok {
		return 0, false, notQuantity(s)
	}
	power := new(big.Int).Exp(big.NewInt(mult.base), big.NewInt(max(mult.exponent, -mult.exponent)), nil)
	if mult.exponent < 0 {
		v.Quo(v, new(big.Rat).SetInt(power))
	} else {
		v.Mul(v, new(big.Rat).SetInt(power))
	}
	v.Mul(v, new(big.Rat).SetInt64(scale))
	return ceil(v), v.IsInt(), nil
}

// smallQuantity reads what most quantities are, such as 2, 250m and 512Mi: up to
// seven digits that come to a whole number. The rest is for parseQuantity.
func smallQuantity(s string, scale int64) (int64, bool) {
	const most = 7 // digits: with the largest suffix here, and in thousandths, far below an int64's
	n, i := int64(0), 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if i == most {
			return 0, false
		}
		n = 10*n + int64(s[i]-'0')
	}
	n *= scale
	switch suffix := s[i:]; {
	case i == 0:
		return 0, false
	case suffix == "":
	case suffix == "m" && n%1000 == 0:
		n /= 1000
	case suffix == "Ki":
		n <<= 10
	case suffix == "Mi":
		n <<= 20
	case suffix == "Gi" && scale == one:
		n <<= 30
	default:
		return 0, false
	}
	return n, n <= MostAmount
}

// isDecimal tells digits with at most one point and a sign, and not too many
// of them.
func isDecimal(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if len(s) > 64 || whole+fraction == "" {
		return false
	}
	return strings.Trim(whole, "0123456789") == "" && strings.Trim(fraction, "0123456789") == ""
}

// ceil rounds away from zero.
func ceil(v *big.Rat) int64 {
	q, r := new(big.Int).QuoRem(v.Num(), v.Denom(), new(big.Int))
	if r.Sign() != 0 {
		q.Add(q, big.NewInt(int64(r.Sign())))
	}
	if !q.IsInt64() || q.Int64() > MostAmount {
		return int64(q.Sign()) * MostAmount
	}
	return q.Int64()
}

func notQuantity(s string) error {
	return fmt.Errorf("%q is not a Kubernetes quantity, such as 250m, 2 or 512Mi", shorten(s))
}

// FormatCPU writes millicores as a quantity: 250m, 2.
func FormatCPU(millicores int64) string {
	if millicores%1000 == 0 {
		return strconv.FormatInt(millicores/1000, 10)
	}
	return strconv.FormatInt(millicores, 10) + "m"
}

// FormatBytes writes bytes as a quantity in the largest binary unit that keeps
// them whole: 512Mi, 2Gi.
func FormatBytes(bytes int64) string {
	units := []string{"", "Ki", "Mi", "Gi", "Ti", "Pi"}
	i := 0
	for ; i < len(units)-1 && bytes != 0 && bytes%1024 == 0; i++ {
		bytes /= 1024
	}
	return strconv.FormatInt(bytes, 10) + units[i]
}
