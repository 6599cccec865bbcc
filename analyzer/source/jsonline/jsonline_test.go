package jsonline_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/value"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/jsonline"
)

var plenty = jsonline.Limits{Series: 100, Samples: 1000}

// TestDecode: a line is a series, whatever the order of its keys.
func TestDecode(t *testing.T) {
	const lines = `{"metric":{"__name__":"up","pod":"a-\"1\"\u00e4"},"values":[1,0.25,-3,null,"Infinity","-Infinity",1e3,123456789012345678],"timestamps":[1,2,3,4,5,6,7,1700000000000]}` + "\n" +
		`{"timestamps":[5,5],"values":[7,8],"metric":{}}` + "\n" +
		`{"metric":{},"values":[],"timestamps":[]}` + "\n"
	var got []string
	err := jsonline.Decode(strings.NewReader(lines), plenty, func(s *jsonline.Series) {
		var values []string
		for _, v := range s.VS {
			text := strconv.FormatFloat(v, 'g', -1, 64)
			if value.IsStaleNaN(v) {
				text = "stale"
			}
			values = append(values, text)
		}
		got = append(got, fmt.Sprint(s.Names, s.Values, s.MS, values, s.Rising))
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`[__name__ pod] [up a-"1"ä] [1 2 3 4 5 6 7 1700000000000] [1 0.25 -3 stale +Inf -Inf 1000 1.2345678901234568e+17] true`,
		`[] [] [5 5] [7 8] false`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestRefuses: what is no line of a series is none, and nothing is guessed.
func TestRefuses(t *testing.T) {
	for line, want := range map[string]error{
		`{"metric":{},"values":[1],"timestamps":[1,2]}`:              jsonline.ErrForm,
		`{"metric":{},"values":[1]}`:                                 jsonline.ErrForm,
		`{"metric":{},"values":[1],"values":[2],"timestamps":[1,2]}`: jsonline.ErrForm,
		`{"metric":{},"values":[1],"timestamps":[1],"exemplars":[]}`: jsonline.ErrForm,
		`{"metric":{},"values":[true],"timestamps":[1]}`:             jsonline.ErrForm,
		`{"metric":{},"values":[1.],"timestamps":[1]}x`:              jsonline.ErrForm,
		`{"metric":{},"values":[1],"timestamps":[1.5]}`:              jsonline.ErrForm,
		`{"metric":{},"values":[1],"timestamps":[-1]}`:               jsonline.ErrForm,
		`{"metric":{},"values":[1],"timestamps":[100000000000000]}`:  jsonline.ErrForm,
		`{"metric":{"a":1},"values":[1],"timestamps":[1]}`:           jsonline.ErrForm,
		`{"metric":{"a":"b},"values":[1],"timestamps":[1]}`:          jsonline.ErrForm,
		``: jsonline.ErrForm,
		`{"status":"success","data":{"result":[]}}`:                         jsonline.ErrForm,
		`remoteAddr: "10.0.0.1"; cannot fetch data: timeout exceeded`:       jsonline.ErrForm,
		`{"metric":{},"values":[1,2,3,4,5],"timestamps":[1,2,3,4,5]}`:       jsonline.ErrEndless,
		`{"metric":{` + labels(300) + `},"values":[1],"timestamps":[1]}`:    jsonline.ErrEndless,
		`{"metric":{"a":"` + strings.Repeat("x", 3<<20) + `"},"values":[1]`: jsonline.ErrEndless,
	} {
		err := jsonline.Decode(strings.NewReader(line+"\n"), jsonline.Limits{Series: 1, Samples: 4}, func(*jsonline.Series) {})
		if !errors.Is(err, want) {
			t.Errorf("%.80s: got %v, want %v", line, err, want)
		}
	}
}

func labels(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"l%d":""`, i))
	}
	return strings.Join(all, ",")
}

const good = `{"metric":{"a":"b"},"values":[1],"timestamps":[1]}`

// TestEnds: a stream that is cut off is told from one that ends, one that does not end is
// given up, and a failure to read is handed on.
func TestEnds(t *testing.T) {
	n := 0
	count := func(*jsonline.Series) { n++ }
	if err := jsonline.Decode(strings.NewReader(good+"\n"+good), plenty, count); !errors.Is(err, io.ErrUnexpectedEOF) || n != 1 {
		t.Errorf("cut off: got %v after %d series", err, n)
	}
	if err := jsonline.Decode(strings.NewReader(strings.Repeat(good+"\n", 101)), plenty, count); !errors.Is(err, jsonline.ErrEndless) {
		t.Errorf("too many: got %v", err)
	}
	if err := jsonline.Decode(&zeros{}, plenty, count); !errors.Is(err, jsonline.ErrEndless) {
		t.Errorf("a line without an end: got %v", err)
	}
	broken := errors.New("broken")
	if err := jsonline.Decode(io.MultiReader(strings.NewReader(good+"\n{"), &fails{broken}), plenty, count); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

type zeros struct{}

func (*zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

type fails struct{ err error }

func (f *fails) Read([]byte) (int, error) { return 0, f.err }

// TestLongLines: a line may be longer than what is read at once.
func TestLongLines(t *testing.T) {
	const n = 60_000
	var values, times bytes.Buffer
	for i := range n {
		fmt.Fprintf(&values, ",%d.125", i)
		fmt.Fprintf(&times, ",%d", 1_700_000_000_000+i*1000)
	}
	line := fmt.Sprintf(`{"metric":{},"values":[%s],"timestamps":[%s]}`+"\n", values.Bytes()[1:], times.Bytes()[1:])
	seen := 0
	err := jsonline.Decode(strings.NewReader(line+line), jsonline.Limits{Series: 2, Samples: n}, func(s *jsonline.Series) {
		seen++
		if len(s.MS) != n || !s.Rising || s.VS[n-1] != n-1+0.125 || s.MS[n-1] != 1_700_000_000_000+(n-1)*1000 {
			t.Errorf("%d samples, the last %v at %d", len(s.MS), s.VS[n-1], s.MS[n-1])
		}
	})
	if err != nil || seen != 2 {
		t.Errorf("%d series, %v", seen, err)
	}
}

// FuzzDecode wants no panic, nothing beyond the limits, and each value as strconv reads it.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(good+"\n"), "0.1")
	f.Add([]byte(`{"metric":{"a":"\u00e4\\"},"values":[null,"Infinity",-0.5],"timestamps":[1,2,3]}`+"\n"), "-123456.789")
	f.Add([]byte("{\n"), "99999999999999999999")
	f.Fuzz(func(t *testing.T, stream []byte, number string) {
		_ = jsonline.Decode(bytes.NewReader(stream), plenty, func(s *jsonline.Series) {
			if len(s.MS) == 0 || len(s.MS) != len(s.VS) || len(s.MS) > plenty.Samples || len(s.Names) != len(s.Values) {
				t.Fatalf("%d times, %d values, %d names, %d labels", len(s.MS), len(s.VS), len(s.Names), len(s.Values))
			}
		})
		want, err := strconv.ParseFloat(number, 64)
		if err != nil || strings.ContainsAny(number, "\n \t\r,]\"_xXpP") || math.IsNaN(want) {
			return
		}
		_ = jsonline.Decode(strings.NewReader(`{"metric":{},"values":[`+number+`],"timestamps":[1]}`+"\n"), plenty, func(s *jsonline.Series) {
			if s.VS[0] != want {
				t.Fatalf("%s: got %v, want %v", number, s.VS[0], want)
			}
		})
	})
}

// BenchmarkDecode reads a series of a week at a minute.
func BenchmarkDecode(b *testing.B) {
	var values, times bytes.Buffer
	const n = 7 * 1440
	for i := range n {
		fmt.Fprintf(&values, ",%.3f", float64(i)*7.531)
		fmt.Fprintf(&times, ",%d", 1_700_000_000_000+i*60_000)
	}
	line := []byte(fmt.Sprintf(`{"metric":{"pod":"a"},"values":[%s],"timestamps":[%s]}`+"\n", values.Bytes()[1:], times.Bytes()[1:]))
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if err := jsonline.Decode(bytes.NewReader(line), jsonline.Limits{Series: 1, Samples: n}, func(*jsonline.Series) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/sample")
}
