//go:build e2e

package e2e_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// series is one series of an answer.
type series struct {
	Metric map[string]string
	Value  [2]any
	Values [][2]any
}

func (s *series) at(i int) float64 {
	point := s.Value
	if len(s.Values) > 0 {
		point = s.Values[i]
	}
	text, _ := point[1].(string)
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

func (s *series) time(i int) int64 { v, _ := s.Values[i][0].(float64); return int64(v) }

func (o *openCost) query(promQL string, at time.Time) []series {
	return o.ask("query", url.Values{"query": {promQL}, "time": {at.Format(time.RFC3339)}})
}

// rangeQuery asks at every full five minutes within (from, to].
func (o *openCost) rangeQuery(promQL string, from, to time.Time, use func(*series)) {
	first, last := from.Truncate(step).Add(step), to.Truncate(step)
	if last.Before(first) {
		return // the minutes after midnight have none
	}
	list := o.ask("query_range", url.Values{
		"query": {promQL}, "start": {first.Format(time.RFC3339)}, "end": {last.Format(time.RFC3339)}, "step": {"300"},
	})
	for i := range list {
		use(&list[i])
	}
}

func (o *openCost) ask(path string, v url.Values) []series {
	o.t.Helper()
	resp, err := http.PostForm(live.Prometheus+"/api/v1/"+path, v)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Error string
		Data  struct{ Result []series }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Error != "" {
		o.t.Fatalf("%s: %v %s", v.Get("query"), err, answer.Error)
	}
	return answer.Data.Result
}
