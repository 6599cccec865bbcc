package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"sync"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"

	"github.com/plimsoll-k8s/plimsoll/testbed/history"
)

// perChunk is the number of samples in a chunk, as Prometheus' own head makes them.
const perChunk = 120

// block is a TSDB block in the making. Chunks go to disk in any order; the
// index, which is sorted, is written at the end.
type block struct {
	h        *history.History
	dir      string // while it is being made
	final    string
	id       ulid.ULID
	mu       sync.Mutex
	chunks   *chunks.Writer
	series   []series
	constant map[constantChunk][]chunks.Meta
	stats    tsdb.BlockStats
}

// series is a series whose chunks are on disk: the metas have references only.
type series struct {
	labels labels.Labels
	metas  []chunks.Meta
}

// constantChunk names chunks by what is in them. Thousands of series hold the
// same value at the same times; they share one chunk on disk.
type constantChunk struct {
	from, to int64
	value    float64
}

func newBlock(dir string, h *history.History) (*block, error) {
	id, err := ulid.New(uint64(h.Plan.Start.UnixMilli()), rand.Reader)
	if err != nil {
		return nil, err
	}
	b := &block{h: h, id: id, final: filepath.Join(dir, id.String()), constant: map[constantChunk][]chunks.Meta{}}
	b.dir = b.final + ".tmp-for-creation"
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return nil, err
	}
	b.chunks, err = chunks.NewWriter(filepath.Join(b.dir, "chunks"))
	return b, err
}

// fill writes all chunks, some lives at a time, and collects the truth.
func (b *block) fill() (history.Truth, error) {
	lives := make(chan *history.Life)
	results := make(chan error)
	summaries := b.h.Summaries()
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for l := range lives {
				results <- b.h.Series(l, b.add)
			}
		})
	}
	truthDone := make(chan error, 1)
	go func() {
		var err error
		for _, l := range b.h.Lives {
			if err == nil {
				err = summaries.Add(l)
			}
		}
		truthDone <- err
	}()
	go func() {
		for _, l := range b.h.Lives {
			lives <- l
		}
		close(lives)
		workers.Wait()
		close(results)
	}()
	var first error
	for err := range results {
		if first == nil {
			first = err
		}
	}
	if err := <-truthDone; first == nil {
		first = err
	}
	if first == nil {
		first = b.h.Shared(b.add)
	}
	if first != nil {
		return history.Truth{}, fmt.Errorf("write chunks: %w", first)
	}
	return summaries.Truth(), nil
}

// add encodes a series and writes its chunks.
func (b *block) add(s history.Series) error {
	ls := sortedLabels(s.Labels)
	if s.Constant {
		return b.addConstant(ls, s)
	}
	metas, err := encode(s.Times, s.Values)
	if err != nil || len(metas) == 0 {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.write(metas); err != nil {
		return err
	}
	b.keep(ls, metas, len(s.Times))
	return nil
}

// sortedLabels leaves empty labels out, as Prometheus does.
func sortedLabels(pairs []string) labels.Labels {
	b := labels.NewScratchBuilder(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			b.Add(pairs[i], pairs[i+1])
		}
	}
	b.Sort()
	return b.Labels()
}

// addConstant cuts a constant series at fixed times, so that its chunks are
// those of other series.
func (b *block) addConstant(ls labels.Labels, s history.Series) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []chunks.Meta
	samples := 0
	for from := s.From; from < s.To; {
		to := min((from/perChunk+1)*perChunk, s.To)
		k := constantChunk{from, to, s.Value}
		metas, ok := b.constant[k]
		if !ok {
			var times []int64
			var values []float64
			for m := from; m < to; m++ {
				if !b.h.Down(m) {
					times, values = append(times, history.ConstantTime(m)), append(values, s.Value)
				}
			}
			var err error
			if metas, err = encode(times, values); err != nil {
				return err
			}
			if err := b.write(metas); err != nil {
				return err
			}
			b.constant[k] = metas
		}
		all = append(all, metas...)
		samples += int(to - from)
		from = to
	}
	if len(all) > 0 {
		b.keep(ls, all, samples)
	}
	return nil
}

// write puts chunks on disk and lets go of their bytes.
func (b *block) write(metas []chunks.Meta) error {
	if len(metas) == 0 {
		return nil
	}
	if err := b.chunks.WriteChunks(metas...); err != nil {
		return err
	}
	for i := range metas {
		metas[i].Chunk = nil
	}
	return nil
}

func (b *block) keep(ls labels.Labels, metas []chunks.Meta, samples int) {
	b.series = append(b.series, series{ls, metas})
	b.stats.NumSeries++
	b.stats.NumChunks += uint64(len(metas))
	b.stats.NumSamples += uint64(samples)
}

func encode(times []int64, values []float64) ([]chunks.Meta, error) {
	var metas []chunks.Meta
	for len(times) > 0 {
		n := min(len(times), perChunk)
		c := chunkenc.NewXORChunk()
		a, err := c.Appender()
		if err != nil {
			return nil, err
		}
		for i := range n {
			a.Append(0, times[i], values[i])
		}
		metas = append(metas, chunks.Meta{Chunk: c, MinTime: times[0], MaxTime: times[n-1]})
		times, values = times[n:], values[n:]
	}
	return metas, nil
}

// close writes the index and the block's meta file and puts the block in place.
func (b *block) close() (tsdb.BlockStats, error) {
	if err := b.index(); err != nil {
		return b.stats, fmt.Errorf("write the index: %w", err)
	}
	if err := b.chunks.Close(); err != nil {
		return b.stats, err
	}
	meta := tsdb.BlockMeta{Version: 1, ULID: b.id, Stats: b.stats,
		MinTime: b.h.Plan.Start.UnixMilli(), MaxTime: b.h.Plan.End.UnixMilli(),
		Compaction: tsdb.BlockMetaCompaction{Level: 1, Sources: []ulid.ULID{b.id}}}
	j, err := json.MarshalIndent(meta, "", "\t")
	if err != nil {
		return b.stats, err
	}
	if err := os.WriteFile(filepath.Join(b.dir, "meta.json"), j, 0o644); err != nil {
		return b.stats, err
	}
	return b.stats, os.Rename(b.dir, b.final)
}

func (b *block) index() error {
	w, err := index.NewWriter(context.Background(), filepath.Join(b.dir, "index"))
	if err != nil {
		return err
	}
	set := map[string]struct{}{}
	for _, s := range b.series {
		s.labels.Range(func(l labels.Label) { set[l.Name], set[l.Value] = struct{}{}, struct{}{} })
	}
	symbols := make([]string, 0, len(set))
	for s := range set {
		symbols = append(symbols, s)
	}
	sort.Strings(symbols)
	for _, s := range symbols {
		if err := w.AddSymbol(s); err != nil {
			return err
		}
	}
	sort.Slice(b.series, func(i, j int) bool { return labels.Compare(b.series[i].labels, b.series[j].labels) < 0 })
	for i, s := range b.series {
		if i > 0 && labels.Equal(s.labels, b.series[i-1].labels) {
			return fmt.Errorf("two series have the labels %s", s.labels)
		}
		if err := w.AddSeries(storage.SeriesRef(i), s.labels, s.metas...); err != nil {
			return err
		}
	}
	return w.Close()
}
