package replay

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// CronSpans works out when a KEDA cron trigger is active between begin and begin+length, as offsets
// from begin. The expressions have five fields (minute, hour, day of month, month, day of week) and
// are read in begin's location. The trigger is active unless its next start comes before its next end.
func CronSpans(start, end string, begin time.Time, length time.Duration) ([]Span, error) {
	from, err := parseSchedule(start)
	if err != nil {
		return nil, fmt.Errorf("read the cron trigger's start %q: %w", start, err)
	}
	to, err := parseSchedule(end)
	if err != nil {
		return nil, fmt.Errorf("read the cron trigger's end %q: %w", end, err)
	}
	if strings.Join(strings.Fields(start), " ") == strings.Join(strings.Fields(end), " ") {
		return nil, fmt.Errorf("read the cron trigger: start and end are both %q; make them differ", start)
	}
	var spans []Span
	var opened time.Duration
	active := false
	for t := begin; t.Before(begin.Add(length)); {
		nextStart, nextEnd := from.next(t), to.next(t)
		now := !nextStart.Before(nextEnd)
		switch at := t.Sub(begin); {
		case now && !active:
			opened = at
		case !now && active:
			spans = append(spans, Span{opened, at})
		}
		active = now
		if nextEnd.Before(nextStart) {
			t = nextEnd
		} else {
			t = nextStart
		}
	}
	if active {
		spans = append(spans, Span{opened, length})
	}
	return spans, nil
}

// schedule is a cron expression as sets of allowed values.
type schedule struct {
	minute, hour, day, month, weekday uint64
	// anyDay and anyWeekday tell a star, which lets the other field alone decide.
	anyDay, anyWeekday bool
}

// horizon bounds the search for a date that never comes, such as 30 February.
const horizon = 5 * 366

func parseSchedule(text string) (schedule, error) {
	f := strings.Fields(text)
	if len(f) != 5 {
		return schedule{}, fmt.Errorf("it has %d fields; write minute, hour, day of month, month and day of week", len(f))
	}
	var s schedule
	for i, p := range []struct {
		set       *uint64
		low, high int
		names     []string
	}{
		{&s.minute, 0, 59, nil}, {&s.hour, 0, 23, nil}, {&s.day, 1, 31, nil},
		{&s.month, 1, 12, monthNames()}, {&s.weekday, 0, 7, weekdayNames()},
	} {
		set, err := parseField(f[i], p.low, p.high, p.names)
		if err != nil {
			return schedule{}, err
		}
		*p.set = set
	}
	if s.weekday&(1<<7) != 0 {
		s.weekday |= 1
	}
	s.anyDay, s.anyWeekday = star(f[2]), star(f[4])
	return s, nil
}

func star(field string) bool { return field[0] == '*' || field[0] == '?' }

func monthNames() []string {
	return []string{"", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
}

func weekdayNames() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// parseField reads a list of values, ranges and steps into a set.
func parseField(field string, low, high int, names []string) (uint64, error) {
	var set uint64
	for _, part := range strings.Split(field, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			n, err := strconv.Atoi(stepText)
			if err != nil || n < 1 {
				return 0, fmt.Errorf("step %q is not a number above 0", stepText)
			}
			step = n
		}
		first, last, err := parseRange(span, low, high, names, stepped)
		if err != nil {
			return 0, err
		}
		for v := first; v <= last; v += step {
			set |= 1 << v
			if step > high {
				break
			}
		}
	}
	return set, nil
}

func parseRange(span string, low, high int, names []string, stepped bool) (first, last int, err error) {
	if span == "*" || span == "?" {
		return low, high, nil
	}
	a, b, ranged := strings.Cut(span, "-")
	if first, err = parseValue(a, low, high, names); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		last, err = parseValue(b, low, high, names)
	case stepped:
		last = high
	default:
		last = first
	}
	if err == nil && last < first {
		err = fmt.Errorf("range %q runs backwards", span)
	}
	return first, last, err
}

func parseValue(text string, low, high int, names []string) (int, error) {
	for i, name := range names {
		if name != "" && strings.EqualFold(text, name) {
			return i, nil
		}
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < low || v > high {
		return 0, fmt.Errorf("%q is not a value from %d to %d", text, low, high)
	}
	return v, nil
}

// matchesDay tells whether the schedule runs on t's date. With both day fields restricted, either
// suffices.
func (s *schedule) matchesDay(t time.Time) bool {
	if s.month&(1<<uint(t.Month())) == 0 {
		return false
	}
	day := s.day&(1<<uint(t.Day())) != 0
	weekday := s.weekday&(1<<uint(t.Weekday())) != 0
	if s.anyDay || s.anyWeekday {
		return day && weekday
	}
	return day || weekday
}

// next is the schedule's first time after t; far in the future if there is none. Wall-clock times
// that a change to summer time leaves out are passed over.
func (s *schedule) next(t time.Time) time.Time {
	y, m, d := t.Date()
	for i := range horizon {
		date := time.Date(y, m, d+i, 0, 0, 0, 0, t.Location())
		if !s.matchesDay(date) {
			continue
		}
		if at, ok := s.nextOn(date, t); ok {
			return at
		}
	}
	return t.AddDate(100, 0, 0)
}

func (s *schedule) nextOn(date, after time.Time) (time.Time, bool) {
	y, m, d := date.Date()
	for h := range 24 {
		if s.hour&(1<<h) == 0 {
			continue
		}
		for minute := range 60 {
			if s.minute&(1<<minute) == 0 {
				continue
			}
			at := time.Date(y, m, d, h, minute, 0, 0, date.Location())
			if at.After(after) && at.Hour() == h && at.Minute() == minute {
				return at, true
			}
		}
	}
	return time.Time{}, false
}
