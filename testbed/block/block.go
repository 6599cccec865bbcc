// Package block writes series as the TSDB blocks of a Prometheus that does not
// run yet.
package block

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"sync"
	"time"

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

// blockRange is how long a block is, from a multiple of it on: what Prometheus'
// own compaction makes under its default retention of 15 days (2 h, times three
// while it is within a tenth of the retention).
const blockRange = int64(18 * time.Hour / time.Millisecond)

// Blocks are TSDB blocks in the making. Series come in any order and stay,
// encoded, in memory: a block wants its series, and so their chunks, sorted.
type Blocks struct {
	dir      string
	from, to int64                   // ms
	down     func(minute int64) bool // constant series have no sample then
	stats    tsdb.BlockStats         // of all

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

// New begins blocks in a folder, of the time from from (inclusive) to to
// (exclusive). down names the minutes in which constant series have no sample.
func New(dir string, from, to time.Time, down func(minute int64) bool) *Blocks {
	return &Blocks{dir: dir, from: from.UnixMilli(), to: to.UnixMilli(), down: down, pieces: map[piece][]chunks.Meta{}}
}

// Add encodes a series.
func (b *Blocks) Add(s history.Series) error {
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
func (b *Blocks) addConstant(s history.Series) error {
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

func (b *Blocks) constant(p piece) ([]chunks.Meta, error) {
	var times []int64
	var values []float64
	for m := p.from; m < p.to; m++ {
		if !b.down(m) {
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

func (b *Blocks) keep(pairs []string, metas []chunks.Meta, samples int) {
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
		// No chunk reaches from one block into the next.
		next := (times[0]/blockRange + 1) * blockRange
		n := min(len(times), size, sort.Search(len(times), func(i int) bool { return times[i] >= next }))
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

// Close writes the blocks and puts them in place.
func (b *Blocks) Close() (tsdb.BlockStats, error) {
	sort.Slice(b.series, func(i, j int) bool { return labels.Compare(b.series[i].labels, b.series[j].labels) < 0 })
	for from := b.from; from < b.to; {
		to := min((from/blockRange+1)*blockRange, b.to)
		if err := b.write(from, to); err != nil {
			return b.stats, fmt.Errorf("write the block from %s: %w", time.UnixMilli(from).UTC().Format(time.RFC3339), err)
		}
		from = to
	}
	return b.stats, nil
}

// within are the series of a block, with their chunks in it.
func (b *Blocks) within(from, to int64) []series {
	var out []series
	for _, s := range b.series {
		first := sort.Search(len(s.metas), func(i int) bool { return s.metas[i].MinTime >= from })
		last := sort.Search(len(s.metas), func(i int) bool { return s.metas[i].MinTime >= to })
		if first < last {
			out = append(out, series{s.labels, slices.Clone(s.metas[first:last])}) // a shared chunk has another place for each series
		}
	}
	return out
}

// write makes the block of the time from (inclusive) to (exclusive).
func (b *Blocks) write(from, to int64) error {
	part := b.within(from, to)
	if len(part) == 0 {
		return nil
	}
	id, err := ulid.New(uint64(to), rand.Reader)
	if err != nil {
		return err
	}
	final := filepath.Join(b.dir, id.String())
	dir := final + ".tmp-for-creation"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := writeSeries(dir, part); err != nil {
		return err
	}
	meta := tsdb.BlockMeta{Version: 1, ULID: id, MinTime: from, MaxTime: to,
		Compaction: tsdb.BlockMetaCompaction{Level: 3, Sources: []ulid.ULID{id}}}
	meta.Stats.NumSeries = uint64(len(part))
	for _, s := range part {
		for _, m := range s.metas {
			meta.Stats.NumChunks++
			meta.Stats.NumSamples += uint64(m.Chunk.NumSamples())
		}
	}
	j, err := json.MarshalIndent(meta, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "meta.json"), j, 0o644); err != nil {
		return err
	}
	return os.Rename(dir, final)
}

// writeSeries puts chunks and index on disk.
func writeSeries(dir string, all []series) error {
	cw, err := chunks.NewWriter(filepath.Join(dir, "chunks"))
	if err != nil {
		return err
	}
	iw, err := index.NewWriter(context.Background(), filepath.Join(dir, "index"))
	if err != nil {
		return err
	}
	for _, s := range symbols(all) {
		if err := iw.AddSymbol(s); err != nil {
			return err
		}
	}
	for i, s := range all {
		if err := cw.WriteChunks(s.metas...); err != nil {
			return err
		}
		if err := iw.AddSeries(storage.SeriesRef(i), s.labels, s.metas...); err != nil {
			return err
		}
	}
	return errors.Join(iw.Close(), cw.Close())
}

// symbols are all label names and values, sorted.
func symbols(all []series) []string {
	set := map[string]struct{}{}
	for _, s := range all {
		s.labels.Range(func(l labels.Label) { set[l.Name], set[l.Value] = struct{}{}, struct{}{} })
	}
	return slices.Sorted(maps.Keys(set))
}
