package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var names = []string{"aws", "gcp", "azure", "commitments", "managed"}

func unpack(t *testing.T, path string) []byte {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestRunKeepsTables packs the unpacked embedded tables again: nothing may change.
func TestRunKeepsTables(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	want := map[string][]byte{}
	for _, name := range names {
		want[name] = unpack(t, filepath.Join("..", name+".csv.gz"))
		if err := os.WriteFile(filepath.Join(in, name+".csv"), want[name], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(in, out); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if got := unpack(t, filepath.Join(out, name+".csv.gz")); !bytes.Equal(got, want[name]) {
			t.Errorf("%s.csv changed", name)
		}
	}
}

func TestRunRefusesABrokenTable(t *testing.T) {
	in := t.TempDir()
	data := unpack(t, filepath.Join("..", "aws.csv.gz"))
	data = bytes.Replace(data, []byte(",m5.large,amd64,2,"), []byte(",m5.large,amd64,0,"), 1)
	if err := os.WriteFile(filepath.Join(in, "aws.csv"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(in, t.TempDir()); err == nil || !strings.Contains(err.Error(), "vcpu must be above 0") {
		t.Errorf("run = %v", err)
	}
}

func TestPerPrice(t *testing.T) {
	column := map[string]int{"source": 0, "spot_usd_hour": 1, "reserved_1y_no_upfront_usd_hour": 2, "interruption_band": 3}
	for _, tt := range []struct {
		record []string
		want   string
	}{
		{[]string{"kp-aws+ec2info+spotinfo", "1", "1", "<5%"}, "od:kp-aws;spot:ec2info;ri:ec2info;band:spotinfo"},
		{[]string{"ec2info+spotinfo", "1", "", "<5%"}, "od:ec2info;spot:ec2info;band:spotinfo"},
		{[]string{"kp-azure+ec2info-az+ca-azure", "", "1", ""}, "od:kp-azure;ri:ec2info-az"},
		{[]string{"kp-aws+ca-aws", "", "", ""}, "od:kp-aws"},
		{[]string{"gcosts", "1", "1", ""}, "gcosts"},
	} {
		if perPrice(column, tt.record); tt.record[0] != tt.want {
			t.Errorf("got %s, want %s", tt.record[0], tt.want)
		}
	}
}
