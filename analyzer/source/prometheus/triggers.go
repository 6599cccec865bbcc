package prometheus

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-k8s/plimsoll/analyzer"
)

// Triggers reads what the prometheus triggers of ScaledObjects read, over the
// window. targets gives the workload of each, by index. A query that fails, or
// that answers with several series, which KEDA refuses, is a warning, and its
// trigger has no values.
func (e *Engine) Triggers(ctx context.Context, scaled []analyzer.ScaledObject, targets []analyzer.Ref) ([]analyzer.RequestRate, []analyzer.Warning) {
	rec := analyzer.NewRequestRecorder(e.options.Window)
	queries := map[string]string{}
	var warnings []analyzer.Warning
	for i := range scaled {
		so := &scaled[i]
		for j := range so.Triggers {
			t := &so.Triggers[j]
			if t.Type != "prometheus" || t.Query == "" {
				continue
			}
			counter := analyzer.TriggerCounter(so, j)
			if err := e.trigger(ctx, rec, targets[i], counter, t.Query); err != nil {
				w := beside(err, analyzer.WarnPartial, so.Namespace+"/"+so.Name, "the query of its prometheus trigger could not be read here, so that the ScaledObject is not judged")
				w.Within = so.Namespace
				warnings = append(warnings, w)
				continue
			}
			queries[targets[i].String()+" "+counter] = t.Query
		}
	}
	out := slices.DeleteFunc(rec.Requests(), func(q analyzer.RequestRate) bool { return queries[q.Ref.String()+" "+q.Counter] == "" })
	for i := range out {
		out[i].By, out[i].Query = analyzer.CountedByTrigger, queries[out[i].Ref.String()+" "+out[i].Counter]
	}
	return out, warnings
}

// trigger records one query's values, week by week. A moment without a value is
// one of 0, as KEDA takes it.
func (e *Engine) trigger(ctx context.Context, rec *analyzer.RequestRecorder, ref analyzer.Ref, counter, query string) error {
	step := e.has.step
	for week := range slices.Chunk(days(e.options.Window), requestDays) {
		first, last, ok := span{week[0].from, week[len(week)-1].to}.steps(step)
		if !ok {
			continue
		}
		values := map[int64]float64{}
		rows := 0
		ask := question{doing: "reading the trigger of " + counter, query: query, start: first, end: last, step: step}
		if _, err := e.client.ask(ctx, ask, func(row *series) {
			rows++
			for _, p := range row.points {
				values[p.ms] = p.value
			}
		}); err != nil {
			return err
		}
		if rows > 1 {
			return fmt.Errorf("it answers with %d series, and KEDA takes one", rows)
		}
		for t := first; !t.After(last); t = t.Add(step) {
			v := values[t.UnixMilli()]
			if math.IsNaN(v) || v < 0 {
				v = 0
			}
			rec.Add(ref, counter, t.UnixMilli(), v)
		}
	}
	return nil
}
