package cli

import (
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"

	"slugpuppy/bot/reply"
	"slugpuppy/config"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// databasePath, keyPath and socketPath are where a configuration keeps things; Load has
// filled in the usual places.
func databasePath(cfg *config.Config) string { return cfg.Store.Path }
func keyPath(cfg *config.Config) string      { return cfg.Store.KeyFile }
func socketPath(cfg *config.Config) string   { return cfg.Admin.Socket }

// database is the file a command names, else the configured one.
func (c *console) database(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	cfg, err := c.loadConfig()
	if err != nil {
		return "", err
	}
	return databasePath(cfg), nil
}

// ffmpegPath is the binary that writes MP4, "" when there is none or none is wanted.
func ffmpegPath(cfg *config.Config) string {
	switch cfg.Dream.FFmpeg {
	case "none":
		return ""
	case "":
		path, err := exec.LookPath("ffmpeg")
		if err != nil {
			return ""
		}
		return path
	}
	return cfg.Dream.FFmpeg
}

// makerOptions is what a configuration says about making pictures.
func makerOptions(cfg *config.Config) dream.Options {
	return dream.Options{
		MemoryBytes: int64(cfg.Dream.Memory),
		FFmpeg:      ffmpegPath(cfg),
		ClipSide:    cfg.Dream.ClipSide,
		ClipBytes:   int64(cfg.Dream.ClipBytes),
	}
}

// limitMemory tells the runtime how much all of it may use, so that garbage is collected before
// the machine feels it: what so many pictures being made may use, what is decoded meanwhile,
// and some for the network and the rest.
func limitMemory(cfg *config.Config, pictures int, decoding config.ByteSize) {
	const rest = 128 << 20
	limit := int64(cfg.Dream.Memory)*int64(pictures) + int64(decoding) + rest
	if group := cgroupMemory("/sys/fs/cgroup/memory.max"); group > 0 {
		limit = min(limit, group/5*4)
	}
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(limit)
	}
}

// cgroupMemory is the memory this process's control group may use, 0 when that is not limited.
// The file is cgroup v2's memory.max: a number of bytes, or "max".
func cgroupMemory(file string) int64 {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// pictureLimits is what a configuration says about files that come in. Each call makes a
// budget of its own: call it once and share the result.
func pictureLimits(cfg *config.Config) picture.Limits {
	return picture.Limits{
		MaxBytes:  int64(cfg.Picture.MaxBytes),
		MaxPixels: cfg.Picture.MaxPixels,
		MaxSide:   cfg.Picture.MaxSide,
		MaxFrames: cfg.Picture.MaxFrames,
		Budget:    picture.NewBudget(int64(cfg.Picture.Memory)),
	}
}

// daemonOptions is what a configuration says about the daemon's flow; the caller adds the
// parts it is made of.
func daemonOptions(cfg *config.Config) reply.Options {
	b := cfg.Bot
	return reply.Options{
		Dreams:     cfg.Dream.Workers,
		Poll:       b.Poll.Std(),
		StaleAfter: b.StaleAfter.Std(),
		ConsentFor: b.ConsentFor.Std(),
		JobTime:    b.JobTime.Std(),
		Keep:       b.Keep.Std(),
		FetchBytes: int64(cfg.Picture.MaxBytes),
		Caps: reply.Caps{
			PerUserHour: capOf(b.PerUserHour),
			PerThread:   capOf(b.PerThread),
			PerPair:     capOf(b.PerPair),
			Queue:       capOf(b.Queue),
			Uploads:     b.Uploads,
		},
	}
}

// capOf turns the file's 0, no cap, into the daemon's, a negative one.
func capOf(n int) int {
	if n == 0 {
		return -1
	}
	return n
}
