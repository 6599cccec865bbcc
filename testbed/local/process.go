package local

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is one component of a testbed: a program in its own session, whose
// pid and log lie in the testbed's folder.
type process struct {
	name    string
	dir     string
	args    []string // the program first
	env     []string
	exited  chan struct{} // closed when it has ended; nil when this program did not start it
	started time.Time
}

func (p *process) pidFile() string { return filepath.Join(p.dir, "pids", p.name) }
func (p *process) logFile() string { return filepath.Join(p.dir, "logs", p.name+".log") }

// start runs the program; it outlives this one.
func (p *process) start() error {
	for _, f := range []string{p.pidFile(), p.logFile()} {
		if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(p.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.Env = log, log, append(os.Environ(), p.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.exited, p.started = make(chan struct{}), time.Now()
	go func() {
		cmd.Wait() // how it ended stands in its log
		close(p.exited)
	}()
	return os.WriteFile(p.pidFile(), []byte(strconv.Itoa(cmd.Process.Pid)), 0o644)
}

// pid returns the process' id when it runs. An id that another program has
// been given since is told by its command line, where the system shows that.
func (p *process) pid() (int, bool) {
	b, err := os.ReadFile(p.pidFile())
	if err != nil {
		return 0, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || syscall.Kill(pid, 0) != nil {
		return 0, false
	}
	if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && !bytes.Contains(line, []byte(p.dir)) {
		return 0, false
	}
	return pid, true
}

// wait polls ready until it succeeds; it gives up when the process has ended
// or the time is over, and then shows the end of the log.
func (p *process) wait(ctx context.Context, limit time.Duration, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s has ended; the end of %s:\n%s", p.name, p.logFile(), p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready after %v: %w; the end of %s:\n%s", p.name, limit, err, p.logFile(), p.tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (p *process) tail() string {
	b, _ := os.ReadFile(p.logFile())
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// stop ends processes and their groups, all at once: politely first, and
// after grace by force. It returns how many were running.
func stop(grace time.Duration, processes ...*process) int {
	running := map[*process]int{}
	for _, p := range processes {
		if pid, ok := p.pid(); ok {
			running[p] = pid
			syscall.Kill(-pid, syscall.SIGTERM)
		}
	}
	n := len(running)
	for end := time.Now().Add(grace); len(running) > 0; time.Sleep(20 * time.Millisecond) {
		for p, pid := range running {
			if _, ok := p.pid(); !ok || p.ended() {
				delete(running, p)
				os.Remove(p.pidFile())
			} else if time.Now().After(end) {
				syscall.Kill(-pid, syscall.SIGKILL)
			}
		}
	}
	return n
}

func (p *process) ended() bool {
	if p.exited == nil {
		return false
	}
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// freePorts finds n ports on loopback that nothing listens on now.
func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port on 127.0.0.1: %w", err)
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
