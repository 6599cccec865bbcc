package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// floor reads the CPU and the memory of all containers by streamed remote read,
// with Prometheus' own decoder and one goroutine, and adds the samples up: the
// least that any client does which reads them.
func floor(url string, from, to time.Time) error {
	const part = 7 * 24 * time.Hour
	samples, sum := 0, 0.0
	for ; from.Before(to); from = from.Add(part) {
		last := from.Add(part)
		if last.After(to) {
			last = to
		}
		if err := floorPart(url, from, last, &samples, &sum); err != nil {
			return err
		}
	}
	if samples == 0 {
		return errors.New("the floor read no samples")
	}
	fmt.Printf("%d samples, their sum is %g\n", samples, sum)
	return nil
}

func floorPart(url string, from, to time.Time, samples *int, sum *float64) error {
	ask := &prompb.ReadRequest{AcceptedResponseTypes: []prompb.ReadRequest_ResponseType{prompb.ReadRequest_STREAMED_XOR_CHUNKS}}
	for _, name := range []string{"container_cpu_usage_seconds_total", "container_memory_working_set_bytes"} {
		ask.Queries = append(ask.Queries, &prompb.Query{StartTimestampMs: from.UnixMilli() + 1, EndTimestampMs: to.UnixMilli(),
			Matchers: []*prompb.LabelMatcher{{Type: prompb.LabelMatcher_EQ, Name: "__name__", Value: name}}})
	}
	b, err := ask.Marshal()
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, url+"/api/v1/read", bytes.NewReader(snappy.Encode(nil, b)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Read-Version", "0.1.0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("remote read: %s", resp.Status)
	}
	return addUp(resp.Body, samples, sum)
}

func addUp(body io.Reader, samples *int, sum *float64) error {
	messages := remote.NewChunkedReader(body, 64<<20, nil)
	var it chunkenc.Iterator
	for {
		m := &prompb.ChunkedReadResponse{}
		if err := messages.NextProto(m); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for _, s := range m.ChunkedSeries {
			for _, c := range s.Chunks {
				chunk, err := chunkenc.FromData(chunkenc.Encoding(c.Type), c.Data)
				if err != nil {
					return err
				}
				for it = chunk.Iterator(it); it.Next() == chunkenc.ValFloat; *samples++ {
					_, v := it.At()
					*sum += v
				}
				if err := it.Err(); err != nil {
					return err
				}
			}
		}
	}
}
