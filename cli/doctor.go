package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/bot/operator"
	"slugpuppy/classifier"
	"slugpuppy/config"
	"slugpuppy/picture"
)

// finding is one line of the doctor's report.
type finding struct {
	Check  string `json:"check"`
	State  health `json:"state"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy,omitempty"` // what to do; empty when all is well
}

// health is how a check went. Only a failure keeps the bot from working.
type health string

const (
	healthy health = "ok"
	doubt   health = "warn"
	sick    health = "fail"
)

func (f finding) String() string {
	s := fmt.Sprintf("%-4s  %-9s %s", f.State, f.Check, f.Detail)
	if f.Remedy != "" {
		s += "\n                " + f.Remedy
	}
	return s
}

// doctorTime bounds each check: a doctor who hangs helps nobody.
const doctorTime = 30 * time.Second

func (c *console) doctorCommand() *cobra.Command {
	var health bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that everything the bot needs is there, and say what to do where it is not",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if health {
				return c.pulse(cmd.Context())
			}
			return c.examine(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&health, "health", false, "only ask the running daemon whether it can work, for container health checks")
	return cmd
}

// pulse asks the daemon whether it lives and works: exit code 4 when nobody answers, 1 when it
// cannot work.
func (c *console) pulse(ctx context.Context) error {
	cfg, err := c.loadConfig()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	client, err := operator.Dial(ctx, socketPath(cfg))
	if err != nil {
		return daemonDownError(err)
	}
	s, err := client.Status(ctx)
	if err != nil {
		return adminError(err)
	}
	if s.Trouble != "" {
		return errors.New(s.Trouble)
	}
	return c.print(s, "healthy")
}

// examine runs every check and prints each as it is done.
func (c *console) examine(ctx context.Context) error {
	failed := 0
	report := func(f finding) error {
		if f.State == sick {
			failed++
		}
		return c.print(f, f.String())
	}
	cfg, err := config.Load(c.configPath, c.env)
	if err != nil {
		f := finding{"config", sick, err.Error(), "correct it; `slugpuppy config check` looks again"}
		return errors.Join(report(f), usageError(errors.New("nothing else can be checked before the configuration is right")))
	}
	checks := []func(context.Context, *config.Config) finding{
		c.checkConfig, checkState, checkDisk, checkKey, checkDatabase, checkNetwork, checkFFmpeg,
	}
	for _, check := range checks {
		f := bounded(ctx, cfg, check)
		if err := report(f); err != nil {
			return err
		}
		if f.Check == "database" && f.State == sick { // opening it can end this process
			return errors.New("the tokens are in the database, so no server was asked")
		}
	}
	for _, f := range slices.Concat(c.checkServer(ctx, cfg), c.checkX(ctx, cfg), c.checkTimelines(ctx, cfg)) {
		if err := report(f); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of the checks failed", failed)
	}
	return nil
}

func bounded(ctx context.Context, cfg *config.Config, check func(context.Context, *config.Config) finding) finding {
	ctx, cancel := context.WithTimeout(ctx, doctorTime)
	defer cancel()
	return check(ctx, cfg)
}

// checkConfig says which file counts, and finds variables nobody reads.
func (c *console) checkConfig(_ context.Context, cfg *config.Config) finding {
	if odd := config.UnknownEnv(os.Environ()); len(odd) > 0 {
		return finding{"config", doubt, "nothing reads " + strings.Join(odd, ", "), "compare the spelling with `slugpuppy config dump`"}
	}
	return finding{"config", healthy, orDefaults(cfg.File()), ""}
}

// checkState looks at the folder that holds the database.
func checkState(_ context.Context, cfg *config.Config) finding {
	folder := filepath.Dir(databasePath(cfg))
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{"state", doubt, folder + " does not exist yet", "`slugpuppy serve` makes it, if it may write there"}
	case err != nil:
		return finding{"state", sick, err.Error(), "run as the user the bot runs as, or set store.path"}
	case !info.IsDir():
		return finding{"state", sick, folder + " is not a folder", "set store.path to a file in a folder of the bot's own"}
	case info.Mode().Perm()&0o022 != 0:
		return finding{"state", doubt, fmt.Sprintf("%s has mode %04o: others can change what is in it", folder, info.Mode().Perm()), "chmod 700 " + folder}
	}
	probe, err := os.CreateTemp(folder, ".doctor-*")
	if err != nil {
		return finding{"state", sick, "cannot write: " + err.Error(), "run as the user the bot runs as, or give it the folder with chown"}
	}
	err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	if err != nil {
		return finding{"state", sick, "cannot write: " + err.Error(), "look at the disk"}
	}
	return finding{"state", healthy, folder, ""}
}

// Free space that is wanted beside the database: for the nightly copy, one before a migration and for
// growth; without the smaller one not even a job can be written down.
const (
	roomCopies = 2
	roomGrowth = 256 << 20
	roomLeast  = 32 << 20
)

// checkDisk looks at the space beside the database.
func checkDisk(_ context.Context, cfg *config.Config) finding {
	path := databasePath(cfg)
	folder := filepath.Dir(path)
	for { // the folder may not be made yet
		if _, err := os.Stat(folder); err == nil || folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	free, err := diskFree(folder)
	if err != nil {
		return finding{"disk", doubt, "the free space of " + folder + " is not known: " + err.Error(), "look yourself now and then"}
	}
	used := int64(0)
	if info, err := os.Stat(path); err == nil {
		used = info.Size()
	}
	detail := fmt.Sprintf("%d MiB free in %s, the database has %d MiB", free>>20, folder, used>>20)
	switch {
	case free < roomLeast:
		return finding{"disk", sick, detail, "make room: nothing can be written down"}
	case free < roomCopies*used+roomGrowth:
		return finding{"disk", doubt, detail, "make room, shorten bot.keep and filter.keep, or stop the daemon and `slugpuppy db compact`"}
	}
	return finding{"disk", healthy, detail, ""}
}

// loginFor is the command that lets the bot in first.
func loginFor(cfg *config.Config) string {
	if cfg.X.Enabled && cfg.Mastodon.Server == "" {
		return "`slugpuppy login x`"
	}
	return "`slugpuppy login`"
}

// checkKey looks at the key file without making one.
func checkKey(_ context.Context, cfg *config.Config) finding {
	path := keyPath(cfg)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{"key", doubt, path + " does not exist yet", loginFor(cfg) + " makes it"}
	case err != nil:
		return finding{"key", sick, err.Error(), "run as the user the bot runs as, or set store.key_file"}
	case info.Mode().Perm()&0o077 != 0:
		return finding{"key", sick, fmt.Sprintf("%s has mode %04o: others can read it", path, info.Mode().Perm()),
			"chmod 600 " + path + ", and log in again if others may have read it"}
	}
	return finding{"key", healthy, path, ""}
}

// checkDatabase asks the running daemon, or looks at the file in a child process.
func checkDatabase(ctx context.Context, cfg *config.Config) finding {
	client, err := operator.Dial(ctx, socketPath(cfg))
	if err == nil {
		st, err := client.Status(ctx)
		if err != nil {
			return finding{"database", sick, "the daemon is there but does not answer: " + err.Error(), "look at its log; restart it"}
		}
		return finding{"database", healthy, fmt.Sprintf("the daemon runs since %s, process %d", st.Since.Local().Format(time.DateTime), st.PID), ""}
	}
	path := databasePath(cfg)
	switch _, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return finding{"database", doubt, path + " does not exist yet, and no daemon runs", loginFor(cfg) + ", then `slugpuppy serve`"}
	case err != nil:
		return finding{"database", sick, err.Error(), "run as the user the bot runs as"}
	}
	if err := checkInChild(ctx, path); err != nil {
		return finding{"database", sick, err.Error(), "`slugpuppy db restore FILE` with a copy, or stop whatever has the file open"}
	}
	return finding{"database", healthy, path + " is sound; no daemon runs", ""}
}

// probeSide is the size of the picture the network is tried on.
const probeSide = 64

// checkNetwork loads the network and takes one gradient: it must be finite, and not zero.
func checkNetwork(ctx context.Context, _ *config.Config) finding {
	start := time.Now()
	net, err := classifier.Default()
	if err != nil {
		return finding{"network", sick, err.Error(), "the program is damaged; install it again"}
	}
	largest, err := tryGradient(ctx, net)
	switch {
	case err != nil:
		return finding{"network", sick, err.Error(), "report this with the output of `slugpuppy version`"}
	case math.IsNaN(largest) || math.IsInf(largest, 0) || largest == 0:
		return finding{"network", sick, fmt.Sprintf("the gradient's largest value is %v", largest),
			"set SLUGPUPPY_KERNEL=plain and try again; report this with the output of `slugpuppy version`"}
	}
	return finding{"network", healthy, fmt.Sprintf("%s, %d labels; loaded and tried in %d ms", net.Name(), len(net.Labels()), time.Since(start).Milliseconds()), ""}
}

// tryGradient returns the largest absolute value of the gradient of a deep layer; NaN when
// any value is.
func tryGradient(ctx context.Context, net *classifier.Network) (float64, error) {
	in := picture.FromImage(picture.Landscape(probeSide, probeSide, 1))
	grad := picture.NewPlanar(in.W, in.H)
	target := classifier.Target{Layer: classifier.Logits, Weight: 1, Channels: []classifier.ChannelWeight{{Channel: 0, Weight: 1}}}
	if _, err := net.Gradient(ctx, in, []classifier.Target{target}, grad); err != nil {
		return 0, fmt.Errorf("try the network: %w", err)
	}
	largest := 0.0
	for _, v := range grad.Pix {
		largest = max(largest, math.Abs(float64(v))) // max keeps NaN
	}
	return largest, nil
}

// checkFFmpeg runs the binary, since one that cannot start is no use.
func checkFFmpeg(ctx context.Context, cfg *config.Config) finding {
	path := ffmpegPath(cfg)
	switch {
	case cfg.Dream.FFmpeg == "none":
		return finding{"ffmpeg", healthy, "not wanted; clips are GIFs", ""}
	case path == "":
		return finding{"ffmpeg", doubt, "not found; clips are GIFs", "install ffmpeg for MP4 clips, or set dream.ffmpeg to none"}
	}
	out, err := exec.CommandContext(ctx, path, "-hide_banner", "-version").Output()
	if err != nil {
		return finding{"ffmpeg", sick, fmt.Sprintf("%s does not run: %v", path, err), "correct dream.ffmpeg, or set it to none"}
	}
	return finding{"ffmpeg", healthy, string(firstLines(out, 1)), ""}
}
