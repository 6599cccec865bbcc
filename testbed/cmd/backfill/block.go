package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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

// Samples in a chunk: as Prometheus' own head makes them, and more where all
// are alike.
const (
	perChunk         = 120
	perConstantChunk = 720
)

// block is a TSDB block in the making. Series come in any order and stay,
// encoded, in memory: a block wants its series, and so their chunks, sorted.
type block struct {
	h     *history.History
	dir   string // while it is being made
	final string
	id    ulid.ULID
	stats tsdb.BlockStats

	mu     sync.Mutex
	series []series
	pieces map[piece][]chunks.Meta
}

// series is an encoded series.
type series struct {
	labels labels.Labels
	metas  []chunks.Meta
}

// piece names a chunk of constant series by what is in it. Thousands of series
// hold the same value at the same times; they share one chunk in memory.
type piece struct {
	from, to int64
	value    float64
}

func newBlock(dir string, h *history.History) (*block, error) {
	id, err := ulid.New(uint64(h.Plan.Start.UnixMilli()), rand.Reader)
	if err != nil {
		return nil, err
	}
	b := &block{h: h, id: id, final: filepath.Join(dir, id.String()), pieces: map[piece][]chunks.Meta{}}
	b.dir = b.final + ".tmp-for-creation"
	return b, os.MkdirAll(b.dir, 0o755)
}

// fill encodes all series, some lives at a time, and collects the truth.
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
		return history.Truth{}, fmt.Errorf("encode series: %w", first)
	}
	return summaries.Truth(), nil
}

// add encodes a series.
func (b *block) add(s history.Series) error {
	if s.Constant {
		return b.addConstant(s)
	}
	metas, err := encode(s.Times, s.Values)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keep(s.Labels, metas, len(s.Times))
	return nil
}

// addConstant cuts a constant series at fixed times, so that its chunks are
// those of other series too.
func (b *block) addConstant(s history.Series) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []chunks.Meta
	for from := s.From; from < s.To; {
		p := piece{from, min((from/perConstantChunk+1)*perConstantChunk, s.To), s.Value}
		metas, ok := b.pieces[p]
		if !ok {
			var err error
			if metas, err = b.constant(p); err != nil {
				return err
			}
			b.pieces[p] = metas
		}
		all = append(all, metas...)
		from = p.to
	}
	b.keep(s.Labels, all, int(s.To-s.From))
	return nil
}

func (b *block) constant(p piece) ([]chunks.Meta, error) {
	var times []int64
	var values []float64
	for m := p.from; m < p.to; m++ {
		if !b.h.Down(m) {
			times, values = append(times, history.ConstantTime(m)), append(values, p.value)
		}
	}
	return encodeChunks(times, values, perConstantChunk)
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

func (b *block) keep(pairs []string, metas []chunks.Meta, samples int) {
	if len(metas) == 0 {
		return
	}
	b.series = append(b.series, series{sortedLabels(pairs), metas})
	b.stats.NumSeries++
	b.stats.NumChunks += uint64(len(metas))
	b.stats.NumSamples += uint64(samples)
}

func encode(times []int64, values []float64) ([]chunks.Meta, error) {
	return encodeChunks(times, values, perChunk)
}

func encodeChunks(times []int64, values []float64, size int) ([]chunks.Meta, error) {
	var metas []chunks.Meta
	for len(times) > 0 {
		n := min(len(times), size)
		c := chunkenc.NewXORChunk()
		a, err := c.Appender()
		if err != nil {
			return nil, err
		}
		for i := range n {
			a.Append(0, times[i], values[i])
		}
		c.Compact()
		metas = append(metas, chunks.Meta{Chunk: c, MinTime: times[0], MaxTime: times[n-1]})
		times, values = times[n:], values[n:]
	}
	return metas, nil
}

// close writes the block and puts it in place.
func (b *block) close() (tsdb.BlockStats, error) {
	if err := b.write(); err != nil {
		return b.stats, fmt.Errorf("write the block: %w", err)
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

// write puts chunks and index on disk.
func (b *block) write() error {
	sort.Slice(b.series, func(i, j int) bool { return labels.Compare(b.series[i].labels, b.series[j].labels) < 0 })
	cw, err := chunks.NewWriter(filepath.Join(b.dir, "chunks"))
	if err != nil {
		return err
	}
	iw, err := index.NewWriter(context.Background(), filepath.Join(b.dir, "index"))
	if err != nil {
		return err
	}
	for _, s := range b.symbols() {
		if err := iw.AddSymbol(s); err != nil {
			return err
		}
	}
	for i, s := range b.series {
		metas := slices.Clone(s.metas) // a shared chunk has another place for each series
		if err := cw.WriteChunks(metas...); err != nil {
			return err
		}
		if err := iw.AddSeries(storage.SeriesRef(i), s.labels, metas...); err != nil {
			return err
		}
	}
	return errors.Join(iw.Close(), cw.Close())
}

// symbols are all label names and values, sorted.
func (b *block) symbols() []string {
	set := map[string]struct{}{}
	for _, s := range b.series {
		s.labels.Range(func(l labels.Label) { set[l.Name], set[l.Value] = struct{}{}, struct{}{} })
	}
	return slices.Sorted(maps.Keys(set))
}
