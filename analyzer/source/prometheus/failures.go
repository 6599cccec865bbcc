package prometheus

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// failures counts what could not be read, by the query's name, in the order in
// which it was met.
type failures struct{ list []failure }

type failure struct {
	name  string
	count int
	err   error // the first
}

func (f *failures) add(name string, err error) { f.merge(&failures{[]failure{{name, 1, err}}}) }

func (f *failures) merge(o *failures) {
next:
	for _, x := range o.list {
		var e *Error
		if errors.As(x.err, &e) && e.Kind == KindCanceled {
			continue // after another's failure, which is the one to tell of
		}
		for i := range f.list {
			if f.list[i].name == x.name {
				f.list[i].count += x.count
				continue next
			}
		}
		f.list = append(f.list, x)
	}
}

func (f *failures) has(name string) bool {
	for _, x := range f.list {
		if x.name == name {
			return true
		}
	}
	return false
}

// of gives the first failure of a query.
func (f *failures) of(name string) error {
	for _, x := range f.list {
		if x.name == name {
			return firstLine(x.err)
		}
	}
	return nil
}

func (f *failures) first() error {
	if len(f.list) == 0 {
		return nil
	}
	return firstLine(f.list[0].err)
}

// warnings tells of each query that failed, of how many parts.
func (f *failures) warnings(parts int) []analyzer.Warning {
	var out []analyzer.Warning
	for _, x := range f.list {
		out = append(out, analyzer.Warning{
			Code: lostCode(x.err, analyzer.WarnPartial), Subject: x.name,
			Message: fmt.Sprintf("%d of %d parts could not be read and are left out: %s", x.count, parts, firstLine(x.err)),
		})
	}
	return out
}

// lostCode is the code of a question that was not answered: WarnUnread where the
// engine broke off at it, and otherwise where the engine refused it, as it will
// again: for its size or words, for a right, or for want of such an API.
func lostCode(err error, otherwise string) string {
	var e *Error
	if !errors.As(err, &e) {
		return otherwise
	}
	switch e.Kind {
	case KindTooLarge, KindBadQuery, KindForbidden:
		return otherwise
	case KindNotAPI:
		if e.Status == http.StatusNotFound || e.Status == http.StatusMethodNotAllowed {
			return otherwise
		}
	}
	return analyzer.WarnUnread
}

// beside is the warning of a question beside those for usage.
func beside(err error, otherwise, subject, message string) analyzer.Warning {
	w := analyzer.Warning{Code: lostCode(err, otherwise), Subject: subject, Message: message + ": " + firstLine(err).Error()}
	w.Beside = w.Code == analyzer.WarnUnread
	return w
}

// firstLine gives the first of errors joined from halves.
func firstLine(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return err
}
