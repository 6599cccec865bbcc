package prometheus

import (
	"cmp"
	"context"
	"sync"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// ownerRows keeps one owner for each pod, ReplicaSet and Job: the youngest, so
// that the order in which answers come makes no difference.
type ownerRows struct {
	mu     sync.Mutex
	rows   map[analyzer.Ref]ownerRow
	series map[string]int // by metric
}

type ownerRow struct {
	at         int64 // end of the day, Unix milliseconds
	kind, name string
}

func (r *ownerRows) add(metric string, child analyzer.Ref, row ownerRow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.series[metric]++
	old, ok := r.rows[child]
	if !ok || cmp.Or(cmp.Compare(row.at, old.at), cmp.Compare(row.kind, old.kind), cmp.Compare(row.name, old.name)) > 0 {
		r.rows[child] = row
	}
}

// fill hands the rows over.
func (r *ownerRows) fill(o *analyzer.Owners) {
	for child, row := range r.rows {
		if child.Kind == "Pod" {
			o.AddPod(child.Namespace, child.Name, row.kind, row.name)
		} else {
			o.AddOwner(child, row.kind, row.name)
		}
	}
}

// ownerTask reads the owner series of one day of one shard.
type ownerTask struct {
	shard  []string
	day    span
	failed failures
}

func (t *ownerTask) run(ctx context.Context, col *collection) error {
	done, err := t.readOwners(ctx, col)
	if err != nil {
		t.failed.add(ownerQueries[0].name, err)
		return err
	}
	for _, q := range ownerQueries {
		if !done {
			err = t.read(ctx, col, q, t.shard, t.day)
		}
		col.step()
		if err == nil {
			continue
		}
		t.failed.add(q.name, err)
		if softly(err) != nil {
			return err
		}
	}
	if !col.dialect.otel() {
		return nil
	}
	if err = t.readOTel(ctx, col, t.shard, t.day); err != nil {
		t.failed.add(ownerQueries[0].name, err)
	}
	return softly(err)
}

func (t *ownerTask) read(ctx context.Context, col *collection, q ownerQuery, shard []string, s span) error {
	d := &col.dialect
	ask := question{doing: "reading " + q.name, end: s.to, query: q.text(d, shard, s.to.Sub(s.from))}
	a, err := col.client.ask(ctx, ask, t.taker(col, q, s))
	col.heard(a)
	return halve(err, shard, s, d.step, func(shard []string, s span) error { return t.read(ctx, col, q, shard, s) })
}

// taker files the rows of a query.
func (t *ownerTask) taker(col *collection, q ownerQuery, s span) func(*series) {
	labels := q.labels(col.dialect.state)
	return func(row *series) {
		child := analyzer.Ref{Namespace: row.get(labels[0]), Kind: q.kind, Name: row.get(labels[1])}
		col.rows.add(q.metric, child, ownerRow{s.to.UnixMilli(), row.get("owner_kind"), row.get("owner_name")})
	}
}
