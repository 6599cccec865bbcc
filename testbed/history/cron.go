package history

import (
	"strconv"
	"strings"
	"time"
)

// fires tells whether a schedule of five fields fires in that minute. It knows
// what spec.yaml uses: numbers, "*" and "*/n".
func fires(schedule string, t time.Time) bool {
	now := []int{t.Minute(), t.Hour(), t.Day(), int(t.Month()), int(t.Weekday())}
	fields := strings.Fields(schedule)
	if len(fields) != len(now) {
		return false
	}
	for i, f := range fields {
		if f == "*" {
			continue
		}
		if every, ok := strings.CutPrefix(f, "*/"); ok {
			n, err := strconv.Atoi(every)
			if err != nil || n <= 0 || now[i]%n != 0 {
				return false
			}
			continue
		}
		if n, err := strconv.Atoi(f); err != nil || n != now[i] {
			return false
		}
	}
	return true
}
