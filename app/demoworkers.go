package app

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Hand is a worker of a demo.
type Hand struct {
	Name string
	PID  int
}

// handTime is how long a worker may take to end.
const handTime = 5 * time.Second

// hire starts a broker in this process, and processes of this program that work for it. They end with it, however
// it ends: they read from it, and stop when there is nothing more to read.
func (s *Stage) hire(a *App, dir string, workers int, log io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start a worker: %w", err)
	}
	a.cfg.Cluster.Listen, a.cfg.Cluster.Orders = "127.0.0.1:0", max(4, workers)
	s.close = append(s.close, a.leaveCluster)
	c, err := a.cluster()
	if err != nil {
		return err
	}
	for n := range workers {
		h := Hand{Name: fmt.Sprintf("worker-%d", n+1)}
		cmd := exec.Command(self, workerCommand, workerUntilEOF)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "SLUGPUPPY_CONFIG=" + os.DevNull,
			"SLUGPUPPY_CLUSTER_NATS=" + c.broker.Address(), "SLUGPUPPY_CLUSTER_NKEY=" + c.broker.WorkerKey(),
			"SLUGPUPPY_CLUSTER_NODE=" + h.Name, "SLUGPUPPY_LOG_LEVEL=" + a.cfg.Log.Level}
		cmd.Stdout, cmd.Stderr = log, log
		alive, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			return fmt.Errorf("start a worker: %w", err)
		}
		h.PID = cmd.Process.Pid
		s.Workers = append(s.Workers, h)
		s.close = append(s.close, func() {
			alive.Close()
			cmd.Process.Signal(syscall.SIGTERM)
			late := time.AfterFunc(handTime, func() { cmd.Process.Kill() })
			cmd.Wait() // it may have been killed to see what happens
			late.Stop()
		})
	}
	return nil
}

// How a worker of a demo is started.
const (
	workerCommand  = "worker"
	workerUntilEOF = "--until-eof"
)
