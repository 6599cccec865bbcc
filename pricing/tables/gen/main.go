// Command gen writes the embedded price tables from the CSV files they are kept
// in: it checks them, gives every price its own source and date, and packs them.
//
//	go run ./pricing/tables/gen -in DIR -out pricing/tables
//
// DIR holds aws.csv, gcp.csv, azure.csv, commitments.csv and managed.csv.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/plimsoll-k8s/plimsoll/pricing"
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

func run(in, out string) error {
	for _, t := range []struct {
		name string
		edit func(column map[string]int, record []string) bool
	}{
		{"aws", perPrice}, {"gcp", perPrice}, {"azure", perPrice},
		{"commitments", all}, {"managed", managed},
	} {
		data, err := convert(filepath.Join(in, t.name+".csv"), t.edit)
		if err != nil {
			return err
		}
		if t.name != "commitments" && t.name != "managed" {
			if problems := pricing.Validate(t.name+".csv", bytes.NewReader(data)); len(problems) > 0 {
				return problems[0]
			}
		}
		if err := pack(filepath.Join(out, t.name+".csv.gz"), data); err != nil {
			return err
		}
	}
	return nil
}

// convert rewrites a CSV file; edit changes a record in place and tells whether to keep it.
func convert(path string, edit func(map[string]int, []string) bool) ([]byte, error) {
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
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for i, record := range records {
		if i > 0 && !edit(column, record) {
			continue
		}
		fields := make([]string, len(keep))
		for j, k := range keep {
			fields[j] = record[k]
		}
		if err := w.Write(fields); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

func all(map[string]int, []string) bool { return true }

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
	if provider := record[column["provider"]]; strings.HasPrefix(provider, "opencost-") {
		record[column["provider"]] = "default"
		record[column["note"]] = ""
		record[column["source"]] = "OpenCost default prices (GCP N1, us-central1)"
		return provider == "opencost-default"
	}
	return true
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
