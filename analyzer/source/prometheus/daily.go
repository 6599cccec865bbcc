package prometheus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// An engine far away, or one that is slow to begin, takes as long for a word as for a
// page. So what is asked once a day goes into one question, or few. An engine that
// does not answer it is asked each apart.

// union is a question of several parts: each row says by the label found of which.
type union struct {
	parts []string
	take  []func(*series) // of the answer's rows, by part
}

// add has one more part.
func (u *union) add(text string, take func(*series)) {
	u.parts = append(u.parts, fmt.Sprintf(`label_replace(%s,"found","%d","","")`, text, len(u.parts)))
	u.take = append(u.take, take)
}

// texts writes the query: several where one would be too long.
func (u *union) texts() []string {
	out := u.parts[:1:1]
	for _, p := range u.parts[1:] {
		if last := &out[len(out)-1]; len(*last)+len(p) < mostText {
			*last += " or " + p
		} else {
			out = append(out, p)
		}
	}
	return out
}

// feed hands a row to its part.
func (u *union) feed(row *series) {
	if i, err := strconv.Atoi(row.get("found")); err == nil && i >= 0 && i < len(u.take) {
		u.take[i](row)
	}
}

// mostText bounds a union's text: VictoriaMetrics takes 16 KiB, some gateways less.
const mostText = 6 << 10

// firstDaily is the first query whose values go into the day's question.
var firstDaily = slices.IndexFunc(queries[:], func(q query) bool { return !q.ranged })

// together reports whether questions may be asked as one: they are too long for a URL.
func (col *collection) together() bool { return !col.apart.Load() && !col.client.useGet.Load() }

// askUnion asks what may be one question. done is false where it must be asked apart,
// and then what came of it is to be forgotten. An error ends the collection.
func (col *collection) askUnion(ctx context.Context, u *union, q question) (done bool, err error) {
	if !col.together() {
		return false, nil
	}
	for _, q.query = range u.texts() {
		a, err := col.client.ask(ctx, q, u.feed)
		col.heard(a)
		switch {
		case err == nil:
		case endsUnion(err):
			return false, err
		default:
			col.apart.Store(true)
			return false, nil
		}
	}
	return true, nil
}

// endsUnion reports whether each part asked apart would fail as the union did: else it
// may be its length or its size.
func endsUnion(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return true
	}
	switch e.Kind {
	case KindForbidden, KindNotAPI:
		return e.given
	}
	return e.fatal()
}

// readDaily asks as one question what is asked once for the day. It reports which
// queries are answered by it: none where they must be asked apart. An error ends the
// collection.
func (t *task) readDaily(ctx context.Context, col *collection) (answered [queryCount]bool, err error) {
	if t.pieces > 1 || !col.together() {
		return answered, nil
	}
	var u union
	var pods [queryCount][]string
	d, over, number := &col.dialect, t.day.to.Sub(t.day.from), t.number()
	for i := range queries {
		q := &queries[i]
		if !t.asks(i) {
			continue
		}
		if q.pods != nil {
			u.add(q.pods(d, t.shard, over), func(row *series) { pods[i] = append(pods[i], row.get(d.state.pod)) })
		}
		if !q.ranged {
			u.add(q.text(d, t.shard, over), func(row *series) { t.take(col, i, number, d.labelsOf(q), row, 0) })
		}
	}
	done, err := col.askUnion(ctx, &u, question{doing: "reading restarts, requests and limits", end: t.day.to})
	if err != nil || !done {
		t.begin(col)
		return answered, err
	}
	for i := range queries {
		answered[i] = !queries[i].ranged
		if queries[i].pods != nil && t.asks(i) {
			slices.Sort(pods[i])
			pods[i] = slices.Compact(pods[i])
			t.pods[i] = &pods[i]
		}
	}
	return answered, nil
}

// readOwners asks as one question for all owners of a day. It reports whether they are
// read; an error ends the collection.
func (t *ownerTask) readOwners(ctx context.Context, col *collection) (done bool, err error) {
	var u union
	for _, q := range ownerQueries {
		u.add(q.text(&col.dialect, t.shard, t.day.to.Sub(t.day.from)), t.taker(col, q, t.day))
	}
	return col.askUnion(ctx, &u, question{doing: "reading owners", end: t.day.to})
}
