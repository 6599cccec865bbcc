package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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

// packed lists the tables under a folder, by their path from there.
func packed(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, suffix) {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// unpackAll writes the embedded tables as the lists they are kept in.
func unpackAll(t *testing.T) (dir string) {
	t.Helper()
	lists := map[string][]byte{}
	for _, path := range packed(t, "..") {
		name, _, _ := strings.Cut(path, string(filepath.Separator))
		header, body, _ := bytes.Cut(unpack(t, filepath.Join("..", path)), []byte("\n"))
		if lists[name] == nil {
			lists[name] = append(header, '\n')
		}
		lists[name] = append(lists[name], body...)
	}
	dir = t.TempDir()
	for name, data := range lists {
		if err := os.WriteFile(filepath.Join(dir, name+".csv"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestRunKeepsTables packs the unpacked embedded tables again: nothing may
// change, and the table of a region that is gone goes.
func TestRunKeepsTables(t *testing.T) {
	out := t.TempDir()
	gone := filepath.Join(out, "aws", "mars-1"+suffix)
	if err := os.MkdirAll(filepath.Dir(gone), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(gone, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(unpackAll(t), out); err != nil {
		t.Fatal(err)
	}
	want, got := packed(t, ".."), packed(t, out)
	if !slices.Equal(got, want) {
		t.Fatalf("got the tables %v, want %v", got, want)
	}
	for _, path := range want {
		if !bytes.Equal(unpack(t, filepath.Join(out, path)), unpack(t, filepath.Join("..", path))) {
			t.Errorf("%s changed", path)
		}
	}
}

func TestRunRefusesABrokenTable(t *testing.T) {
	in := unpackAll(t)
	path := filepath.Join(in, "aws.csv")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.Replace(data, []byte(",m5.large,amd64,2,"), []byte(",m5.large,amd64,0,"), 1)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(in, t.TempDir()); err == nil || !strings.Contains(err.Error(), "vcpu must be above 0") {
		t.Errorf("run = %v", err)
	}
}

// TestMachineNamesDevices: types with accelerators that are no GPUs say which.
func TestMachineNamesDevices(t *testing.T) {
	column := map[string]int{"source": 0, "instance_type": 1, "gpu_name": 2}
	for kind, want := range map[string]string{"inf2.xlarge": "AWS Inferentia2", "g6f.large": "part of an NVIDIA L4", "g5.xlarge": "", "m5.large": ""} {
		record := []string{"x", kind, ""}
		if !machine(column, record) || record[2] != want {
			t.Errorf("%s: got %q, want %q", kind, record[2], want)
		}
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
