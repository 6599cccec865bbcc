// Command gen writes the embedded price tables from the CSV files they are kept
// in: it checks them, gives every price its own source and date, and packs them
// by provider and region, so that a program reads the regions it needs alone.
//
//	go run ./pricing/tables/gen -in DIR -out pricing/tables
//
// DIR holds a file a cloud (aws.csv), commitments.csv and managed.csv, and may hold a
// cloud's accelerators apart (aws-accelerators.csv).
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
	"github.com/plimsoll-k8s/plimsoll/pricing/cloud"
)

func main() {
	in := flag.String("in", ".", "folder with the CSV files")
	out := flag.String("out", "pricing/tables", "folder for the packed tables")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// list is one of the lists of prices and the files it is kept in.
type list struct {
	name   string
	files  []string // the first must be there
	edit   func(column map[string]int, record []string) (keep bool)
	check  bool // by the sanity rules of price tables
	folder func(provider, region string) string
}

func lists() []list {
	machines := func(provider, region string) string { return filepath.Join(provider, region) }
	var out []list
	for _, name := range cloud.Names() {
		out = append(out, list{name, []string{name, name + "-accelerators"}, machine, true, machines})
	}
	return append(out, []list{
		{"commitments", []string{"commitments"}, commitment, false, func(provider, region string) string {
			return filepath.Join("commitments", provider, orAnywhere(region))
		}},
		{"managed", []string{"managed"}, managed, false, func(provider, _ string) string { return filepath.Join("managed", provider) }},
	}...)
}

// orAnywhere names the file of what holds in every region.
func orAnywhere(region string) string {
	if region == "" {
		return pricing.Anywhere
	}
	return region
}

func run(in, out string) error {
	for _, l := range lists() {
		records, err := l.read(in)
		if err != nil {
			return err
		}
		if l.check {
			data, err := write(records)
			if err != nil {
				return err
			}
			if problems := pricing.Validate(l.name+".csv", bytes.NewReader(data)); len(problems) > 0 {
				return problems[0]
			}
		}
		if err := l.pack(out, records); err != nil {
			return err
		}
	}
	return nil
}

// read gives the records of a list's files, the header first.
func (l list) read(in string) ([][]string, error) {
	var records [][]string
	for i, name := range l.files {
		more, err := convert(filepath.Join(in, name+".csv"), l.edit)
		switch {
		case i > 0 && errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case i > 0 && !slices.Equal(more[0], records[0]):
			return nil, fmt.Errorf("%s.csv has other columns than %s.csv", name, l.files[0])
		case i > 0:
			records = append(records, more[1:]...)
		default:
			records = more
		}
	}
	return records, nil
}

// pack writes a file for each of the list's folders; files of before go.
func (l list) pack(out string, records [][]string) error {
	provider, region := slices.Index(records[0], "provider"), slices.Index(records[0], "region")
	parts := map[string][][]string{}
	for _, record := range records[1:] {
		name := l.folder(record[provider], record[region])
		if parts[name] == nil {
			parts[name] = records[:1:1]
		}
		parts[name] = append(parts[name], record)
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if err := l.clear(out, filepath.Dir(name), parts); err != nil {
			return err
		}
		data, err := write(parts[name])
		if err != nil {
			return err
		}
		if err := pack(filepath.Join(out, name+suffix), data); err != nil {
			return err
		}
	}
	return nil
}

const suffix = ".csv.gz"

// clear makes a folder and removes the tables of regions that are there no more.
func (l list) clear(out, folder string, parts map[string][][]string) error {
	if err := os.MkdirAll(filepath.Join(out, folder), 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(out, folder, "*"+suffix))
	if err != nil {
		return err
	}
	for _, path := range old {
		name := filepath.Join(folder, strings.TrimSuffix(filepath.Base(path), suffix))
		if parts[name] != nil {
			continue
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// convert reads a CSV file; edit changes a record in place and tells whether to keep it.
func convert(path string, edit func(map[string]int, []string) bool) ([][]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(records) < 2 {
		return nil, fmt.Errorf("%s: no records", path)
	}
	column := map[string]int{}
	var keep []int
	for i, name := range records[0] {
		column[name] = i
		if !strings.HasPrefix(name, "break_even") { // 1 - discount: derived, so not stored
			keep = append(keep, i)
		}
	}
	out := make([][]string, 0, len(records))
	for i, record := range records {
		if i > 0 && !edit(column, record) {
			continue
		}
		fields := make([]string, len(keep))
		for j, k := range keep {
			fields[j] = record[k]
		}
		out = append(out, fields)
	}
	return out, nil
}

// commitment cuts remarks off its source.
func commitment(column map[string]int, record []string) bool {
	record[column["source"]], _, _ = strings.Cut(record[column["source"]], " (")
	return true
}

// devices names the accelerators of families that have some and no whole GPU.
var devices = map[string]string{
	"inf1": "AWS Inferentia", "inf2": "AWS Inferentia2", "trn1": "AWS Trainium", "trn1n": "AWS Trainium", "trn2": "AWS Trainium2",
	"g6f": "part of an NVIDIA L4", "gr6f": "part of an NVIDIA L4",
}

// machine names a type's device where the file does not, and its sources.
func machine(column map[string]int, record []string) bool {
	family, _, _ := strings.Cut(record[column["instance_type"]], ".")
	if name := devices[family]; name != "" && record[column["gpu_name"]] == "" {
		record[column["gpu_name"]] = name
	}
	return perPrice(column, record)
}

// perPrice turns a row's joint source (kp-aws+ec2info+spotinfo) into one per price.
// The first tag is the on-demand price's; spot and reserved prices of AWS and
// Azure come from the ec2info files, interruption bands from spotinfo.
func perPrice(column map[string]int, record []string) bool {
	tags := strings.Split(record[column["source"]], "+")
	if len(tags) == 1 {
		return true
	}
	parts := []string{"od:" + tags[0]}
	for _, p := range []struct{ key, column string }{
		{"spot", "spot_usd_hour"}, {"ri", "reserved_1y_no_upfront_usd_hour"}, {"band", "interruption_band"},
	} {
		if record[column[p.column]] == "" {
			continue
		}
		for _, tag := range tags {
			if (p.key == "band") == (tag == "spotinfo") && (tag == "spotinfo" || strings.HasPrefix(tag, "ec2info")) {
				parts = append(parts, p.key+":"+tag)
			}
		}
	}
	record[column["source"]] = strings.Join(parts, ";")
	return true
}

// managed keeps one default price list, under the provider "default", and drops empty prices.
func managed(column map[string]int, record []string) bool {
	if record[column["price_usd"]] == "" {
		return false
	}
	record[column["source"]], _, _ = strings.Cut(record[column["source"]], " (stored page")
	if provider := record[column["provider"]]; strings.HasPrefix(provider, "opencost-") {
		record[column["provider"]] = "default"
		record[column["note"]] = ""
		record[column["source"]] = "OpenCost default prices (GCP N1, us-central1)"
		return provider == "opencost-default"
	}
	return true
}

func write(records [][]string) ([]byte, error) {
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(records); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func pack(path string, data []byte) (err error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	_, err = z.Write(data)
	if err := errors.Join(err, z.Close()); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
