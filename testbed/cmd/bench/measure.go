package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// figures are what one process cost. A peak is of the whole process, in bytes; the
// server's are those of Prometheus while it ran.
type figures struct {
	wall, cpu, server float64 // seconds
	peak, wire        float64 // bytes
}

// server is a running Prometheus.
type server struct {
	url string
	cmd *exec.Cmd
}

// serve starts a Prometheus on the data in a folder.
func serve(ctx context.Context, program, dir string) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	l.Close()
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {}\n"), 0o644); err != nil {
		return nil, err
	}
	s := &server{url: "http://" + address}
	s.cmd = exec.CommandContext(ctx, program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "prometheus"),
		"--storage.tsdb.retention.time=90d", "--web.listen-address="+address, "--log.level=error")
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for range 300 {
		resp, err := http.Get(s.url + "/-/ready")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return s, nil
			}
		}
		time.Sleep(200 * time.Millisecond)
	}
	s.stop()
	return nil, errors.New("Prometheus did not become ready within a minute")
}

func (s *server) stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

// cpu is the time that Prometheus' threads ran. Its own metric has hundredths of a
// second alone.
func (s *server) cpu() (seconds float64, _ error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.cmd.Process.Pid))
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("no CPU time of Prometheus: %w", errors.Join(err, errors.ErrUnsupported))
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return 0, err
		}
		ns, err := strconv.ParseFloat(strings.Fields(string(b))[0], 64)
		if err != nil {
			return 0, err
		}
		seconds += ns / 1e9
	}
	return seconds, nil
}

// sent is how many bytes it has answered with, by its own count.
func (s *server) sent() (sum float64, _ error) {
	resp, err := http.Get(s.url + "/metrics")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(b) {
		if text := string(line); strings.HasPrefix(text, "prometheus_http_response_size_bytes_sum") && !strings.Contains(text, `"/metrics"`) && !strings.Contains(text, `"/-/ready"`) {
			v, err := strconv.ParseFloat(strings.TrimSpace(text[strings.LastIndex(text, " "):]), 64)
			if err != nil {
				return 0, err
			}
			sum += v
		}
	}
	return sum, nil
}

// measure runs a command. It may end with one of the codes.
func (s *server) measure(ctx context.Context, codes []int, args ...string) (figures, error) {
	cpu, err := s.cpu()
	if err != nil {
		return figures{}, err
	}
	sent, err := s.sent()
	if err != nil {
		return figures{}, err
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.Discard, &said
	began := time.Now()
	err = cmd.Run()
	out := figures{wall: time.Since(began).Seconds()}
	ended := (*exec.ExitError)(nil)
	if errors.As(err, &ended) {
		for _, c := range codes {
			if ended.ExitCode() == c {
				err = nil
			}
		}
	}
	if err != nil {
		return out, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, said.String())
	}
	used := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	out.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	out.peak = float64(used.Maxrss) * 1024
	cpuAfter, err := s.cpu()
	if err != nil {
		return out, err
	}
	sentAfter, err := s.sent()
	out.server, out.wire = cpuAfter-cpu, sentAfter-sent
	return out, err
}
