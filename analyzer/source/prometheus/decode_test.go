package prometheus_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/plimsoll-k8s/plimsoll/analyzer/source/prometheus"
)

// told gives a decoded answer as text.
func told(r io.Reader) string {
	var b strings.Builder
	status, text, warnings, partial, err := prometheus.Decode(r, func(labels []string, ms []int64, values []float64) {
		fmt.Fprintf(&b, "%q %d %v\n", labels, ms, values)
	})
	fmt.Fprintf(&b, "%s %q %q %v", status, text, warnings, partial)
	if err != nil {
		fmt.Fprintf(&b, " %v", err)
	}
	return b.String()
}

func TestDecode(t *testing.T) {
	cases := []struct{ in, want string }{
		{`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b","c":"d"},"values":[[1435781430.781,"1"],[1435781445,"-2.5e-3"]]}]}}`,
			"[\"a\" \"b\" \"c\" \"d\"] [1435781430781 1435781445000] [1 -0.0025]\nsuccess \"\" [] false"},
		{` { "isPartial" : true , "data" : { "result" : [ { "value" : [ 1.5 , "+Inf" ] , "metric" : { } } ] , "stats":{"a":[1,null,{"b":"}"}]} } , "status" : "success" } `,
			"[] [1500] [+Inf]\nsuccess \"\" [] true"},
		{`{"status":"success","data":{"result":[{"metric":{},"values":[[1,"NaN"],[2,"-Inf"]],"histograms":[[1,{"count":"1","buckets":[[0,"1","2","3"]]}]]}]},"warnings":["w1","w\"2"],"infos":["i"]}`,
			"[] [1000 2000] [NaN -Inf]\nsuccess \"\" [\"w1\" \"w\\\"2\"] false"},
		{`{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}`, "success \"\" [] false"},
		{`{"status":"success","data":null,"warnings":null}`, "success \"\" [] false"},
		{`{"status":"success","data":["x","y"]}`, "success \"\" [] false"},
		{`{"status":"error","errorType":"bad_data","error":"line\nline \u00e9 \ud83d\ude00"}`, "error \"line\\nline é 😀\" [] false"},
		{`{"status":"success","data":{"result":[{"metric":{"a":"\u00`, "success \"\" [] false unexpected EOF"},
		{`{"status":"success","data":{"result":[{"metric":{},"values":[[1,"x"]]}]}}`, "success \"\" [] false not the JSON of the Prometheus API: value \"x\""},
		{`{"status":"success","data":{"result":[{"metric":{},"values":[["1","2"]]}]}}`, "success \"\" [] false not the JSON of the Prometheus API: value \"\\\"1\\\"\""},
		{`{"status":"success","data":{"result":[{"metric":{"a":1}}]}}`, "success \"\" [] false not the JSON of the Prometheus API: want \"\\\"\", got '1'"},
		{`{"data":{}}`, " \"\" [] false not the JSON of the Prometheus API: no status in it"},
		{`[]`, " \"\" [] false not the JSON of the Prometheus API: want \"{\", got '['"},
		{``, " \"\" [] false unexpected EOF"},
		{`{"x":` + strings.Repeat("[", 100), " \"\" [] false not the JSON of the Prometheus API: nested too deeply"},
	}
	for _, c := range cases {
		if got := told(strings.NewReader(c.in)); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.in, got, c.want)
		}
		if got := told(iotest.OneByteReader(strings.NewReader(c.in))); got != c.want {
			t.Errorf("byte by byte: %s\ngot  %s\nwant %s", c.in, got, c.want)
		}
	}
}

// TestDecodeNumbers compares with the numbers that were printed.
func TestDecodeNumbers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		want := math.Ldexp(rng.Float64(), rng.IntN(140)-70)
		text := fmt.Sprintf(`{"status":"success","data":{"result":[{"metric":{},"value":[%d.%03d,"%v"]}]}}`, rng.IntN(2e9), rng.IntN(1000), want)
		_, _, _, _, err := prometheus.Decode(strings.NewReader(text), func(_ []string, _ []int64, values []float64) {
			if math.Abs(values[0]-want) > want*5e-16 {
				t.Errorf("got %v, want %v", values[0], want)
			}
		})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

func TestDecodeBoundsStrings(t *testing.T) {
	in := `{"status":"` + strings.Repeat("x", 2<<20) + `"}`
	if got := told(strings.NewReader(in)); !strings.HasSuffix(got, "a string of more than 1048576 bytes") {
		t.Errorf("got %.100s, want a bound", got)
	}
}

// FuzzDecode wants no panic, and the same answer however the bytes arrive.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1435781430.781,"1"],[1435781445,"NaN"]]}]}}`,
		`{"status":"success","isPartial":false,"data":{"resultType":"vector","result":[{"metric":{},"value":[1,"+Inf"]}]},"stats":{"x":[1]}}`,
		`{"status":"error","errorType":"e","error":"\u00e9\ud83d\ude00\\"}`, `{"status":"success","data":["a"]}`, `{"warnings":["a"],"infos":[]}`, `{`, `[[[`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, bytewise := told(bytes.NewReader(in)), told(iotest.OneByteReader(bytes.NewReader(in)))
		if whole != bytewise {
			t.Errorf("\nwhole    %s\nbytewise %s", whole, bytewise)
		}
	})
}

func matrix(series, points int) []byte {
	rng := rand.New(rand.NewPCG(5, 6))
	var b bytes.Buffer
	b.WriteString(`{"status":"success","data":{"resultType":"matrix","result":[`)
	for i := range series {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"metric":{"namespace":"shop","pod":"web-7d9f8c6b5-%05d","container":"app"},"values":[`, i)
		for j := range points {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `[%d,"%v"]`, 1767571200+300*j, rng.Float64())
		}
		b.WriteString("]}")
	}
	b.WriteString("]}}")
	return b.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	in := matrix(500, 288)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	samples := 0
	for b.Loop() {
		n, err := prometheus.DecodeBench(bytes.NewReader(in))
		if err != nil {
			b.Fatal(err)
		}
		samples += n
	}
	b.ReportMetric(float64(samples)/b.Elapsed().Seconds(), "samples/s")
}
