package app

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

	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/classifier"
	"slugpuppy/config"
	"slugpuppy/picture"
)

// well, doubt and sick are findings.
func well(check, detail string) network.Finding {
	return network.Finding{Check: check, State: network.Healthy, Detail: detail}
}

func doubt(check, detail, remedy string) network.Finding {
	return network.Finding{Check: check, State: network.Doubt, Detail: detail, Remedy: remedy}
}

func sick(check, detail, remedy string) network.Finding {
	return network.Finding{Check: check, State: network.Sick, Detail: detail, Remedy: remedy}
}

// doctorTime bounds each check, and pulseTime a question to the daemon: a doctor who hangs helps nobody.
const (
	doctorTime = 30 * time.Second
	pulseTime  = 10 * time.Second
)

// Unconfigured is the only finding when the configuration cannot be read.
func Unconfigured(err error) network.Finding {
	return sick("config", err.Error(), "correct it; `slugpuppy config check` looks again")
}

// Pulse asks the daemon whether it lives and works, or waits until somebody signs in. The error is operator.ErrDown when
// nobody answers.
func (a *App) Pulse(ctx context.Context) (s operator.Status, waits bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, pulseTime)
	defer cancel()
	client, err := operator.Dial(ctx, a.cfg.Admin.Socket)
	if err != nil && a.waitsThere(ctx) {
		return s, true, nil
	}
	if err != nil {
		return s, false, down(err)
	}
	s, err = client.Status(ctx)
	if err == nil && s.Trouble != "" {
		err = errors.New(s.Trouble)
	}
	return s, false, err
}

// Doctor runs every check, reports each as it is done, and returns an error when any failed.
func (a *App) Doctor(ctx context.Context, report func(network.Finding) error) error {
	failed := 0
	tell := func(f network.Finding) error {
		if f.State == network.Sick {
			failed++
		}
		return report(f)
	}
	for _, check := range []func(context.Context) network.Finding{
		a.checkConfig, a.checkState, a.checkDisk, a.checkKey, a.checkDatabase, a.checkDecoders, a.checkNetwork, a.checkFFmpeg,
	} {
		f := bounded(ctx, check)
		if err := tell(f); err != nil {
			return err
		}
		if err := a.placed(); err != nil {
			return errors.Join(tell(sick("state", err.Error(), "nothing else can be looked at before")), err)
		}
		if f.Check == "database" && f.State == network.Sick { // opening it can end this process
			return errors.New("the tokens are in the database, so no server was asked")
		}
	}
	for _, f := range slices.Concat(a.checkDoors(ctx), a.checkCluster(ctx), checkProxies(ctx), a.checkNetworks(ctx), a.checkAdmins(ctx)) {
		if err := tell(f); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of the checks failed", failed)
	}
	return nil
}

func bounded(ctx context.Context, check func(context.Context) network.Finding) network.Finding {
	ctx, cancel := context.WithTimeout(ctx, doctorTime)
	defer cancel()
	return check(ctx)
}

// checkConfig says which file counts, and finds variables nobody reads.
func (a *App) checkConfig(_ context.Context) network.Finding {
	if odd := a.cfg.UnknownEnv(os.Environ()); len(odd) > 0 {
		return doubt("config", "nothing reads "+strings.Join(odd, ", "),
			"compare the spelling with `slugpuppy config dump`")
	}
	return well("config", Source(a.cfg))
}

// checkState looks at the folder that holds the database.
func (a *App) checkState(_ context.Context) network.Finding {
	folder := filepath.Dir(a.cfg.Store.Path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := couldMake(folder); err != nil {
			return sickOf("state", err, "make it, or set store.path")
		}
		return doubt("state", folder+" does not exist yet", "`slugpuppy serve` makes it")
	case err != nil:
		return sickOf("state", err, "run as the user the bot runs as, or set store.path")
	case !info.IsDir():
		return sick("state", folder+" is not a folder", "set store.path to a file in a folder of the bot's own")
	case info.Mode().Perm()&0o022 != 0:
		detail := fmt.Sprintf("%s has mode %04o: others can change what is in it", folder, info.Mode().Perm())
		return doubt("state", detail, "chmod 700 "+folder)
	}
	probe, err := os.CreateTemp(folder, ".doctor-*")
	if err != nil {
		return sickOf("state", fmt.Errorf("cannot write: %w", err),
			"run as the user the bot runs as, or give it the folder with chown")
	}
	err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	if err != nil {
		return sickOf("state", fmt.Errorf("cannot write: %w", err), "look at the disk")
	}
	return well("state", folder)
}

// couldMake is an error where a folder that is not there cannot be made.
func couldMake(folder string) error {
	at, _, err := standing(folder)
	if err == nil {
		err = writable(at)
	}
	if err != nil {
		return fmt.Errorf("make the state folder: %w", &fs.PathError{Op: "mkdir", Path: filepath.Join(folder, "slugpuppy.db"), Err: err})
	}
	return nil
}

// Free space that is wanted beside the database: for the nightly copy, one before a migration and for
// growth; without the smaller one not even a job can be written down.
const (
	roomCopies = 2
	roomGrowth = 256 << 20
	roomLeast  = 32 << 20
)

// checkDisk looks at the space beside the database.
func (a *App) checkDisk(_ context.Context) network.Finding {
	path := a.cfg.Store.Path
	folder, _, _ := standing(filepath.Dir(path)) // it may not be made yet; what is wrong with it checkState says
	free, err := diskFree(folder)
	if err != nil {
		return doubt("disk", "the free space of "+folder+" is not known: "+err.Error(), "look yourself now and then")
	}
	used := int64(0)
	if info, err := os.Stat(path); err == nil {
		used = info.Size()
	}
	detail := fmt.Sprintf("%d MiB free in %s, the database has %d MiB", free>>20, folder, used>>20)
	switch {
	case free < roomLeast:
		return sick("disk", detail, "make room: nothing can be written down")
	case free < roomCopies*used+roomGrowth:
		return doubt("disk", detail,
			"make room, shorten bot.keep and filter.keep, or stop the daemon and `slugpuppy db compact`")
	}
	return well("disk", detail)
}

// loginFor is the command that lets the bot in first.
func (a *App) loginFor() string {
	for _, p := range a.places(nowhere{}) {
		if p.Enabled() {
			return login(p.Kind)
		}
	}
	return login(kinds[0])
}

// checkKey looks at the key file without making one.
func (a *App) checkKey(_ context.Context) network.Finding {
	path := a.cfg.Store.KeyFile
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return doubt("key", path+" does not exist yet", a.loginFor()+" makes it")
	case err != nil:
		return sickOf("key", err, "run as the user the bot runs as, or set store.key_file")
	case info.Mode().Perm()&0o077 != 0:
		return sick("key", fmt.Sprintf("%s has mode %04o: others can read it", path, info.Mode().Perm()),
			"chmod 600 "+path+", and log in again if others may have read it")
	}
	if _, err := a.openKey(); err != nil {
		return sickOf("key", err, "put back the key that the tokens were sealed with")
	}
	return well("key", path)
}

// checkDatabase asks the running daemon, or looks at the file in a child process.
func (a *App) checkDatabase(ctx context.Context) network.Finding {
	client, err := operator.Dial(ctx, a.cfg.Admin.Socket)
	if err == nil {
		st, err := client.Status(ctx)
		if err != nil {
			return sick("database", "the daemon is there but does not answer: "+err.Error(),
				"look at its log; restart it")
		}
		return well("database", fmt.Sprintf("the daemon runs since %s, process %d",
			st.Since.Local().Format(time.DateTime), st.PID))
	}
	path := a.cfg.Store.Path
	switch _, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return doubt("database", path+" does not exist yet, and no daemon runs",
			a.loginFor()+", then `slugpuppy serve`")
	case err != nil:
		return sickOf("database", err, "run as the user the bot runs as")
	}
	if err := CheckDatabase(ctx, path); err != nil {
		const remedy = "`slugpuppy db restore FILE` with a copy, or stop whatever has the file open"
		if why, _, more := strings.Cut(err.Error(), "\n"); more { // what the child said of damage; `db check` shows it
			return sick("database", why, remedy)
		}
		return sickOf("database", err, remedy)
	}
	return well("database", path+" is sound; no daemon runs")
}

// probeSide is the size of the picture the network is tried on.
const probeSide = 64

// checkNetwork loads the network and takes one gradient in every arithmetic of this processor: it must be finite, not zero, and
// point where the exact one does.
func (a *App) checkNetwork(ctx context.Context) network.Finding {
	const damaged, wrong = "the program is damaged; install it again", "report this with the output of `slugpuppy version`"
	start := time.Now()
	net, err := a.embedded()
	if err != nil {
		return sick("network", err.Error(), damaged)
	}
	names := classifier.Arithmetics()
	exact, err := tryGradient(ctx, net)
	if err != nil {
		return sick("network", err.Error(), wrong)
	}
	for _, name := range names {
		in, err := net.In(name)
		if err != nil {
			return sick("network", err.Error(), wrong)
		}
		got, err := tryGradient(ctx, in)
		if err != nil {
			return sick("network", err.Error(), wrong)
		}
		if c := cosine(exact, got); !(c > leastAlike) {
			return sick("network", fmt.Sprintf("a gradient computed in %s is wrong: its cosine with the exact one is %.2g", name, c),
				"set SLUGPUPPY_KERNEL=plain and try again; "+wrong)
		}
	}
	return well("network", fmt.Sprintf("%s, %d labels; loaded and tried in %s in %d ms", net.Name(), len(classifier.Things(net.Labels())),
		strings.Join(names, ", "), time.Since(start).Milliseconds()))
}

// leastAlike is the least cosine of two gradients that are one: what is rounded to eight digits keeps 0.9 of it, what is wrong nothing.
const leastAlike = 0.5

// tryGradient returns the gradient of a deep layer.
func tryGradient(ctx context.Context, net *classifier.Network) ([]float32, error) {
	in := picture.FromImage(picture.Landscape(probeSide, probeSide, 1))
	grad := picture.NewPlanar(in.W, in.H)
	target := classifier.Target{Layer: classifier.Logits, Weight: 1,
		Channels: []classifier.ChannelWeight{{Channel: 0, Weight: 1}}}
	if _, err := net.Gradient(ctx, in, []classifier.Target{target}, grad); err != nil {
		return nil, fmt.Errorf("try the network: %w", err)
	}
	return grad.Pix, nil
}

// cosine is that of the angle between two vectors; no number where one is zero or not finite.
func cosine(x, y []float32) float64 {
	var dot, xx, yy float64
	for i := range x {
		a, b := float64(x[i]), float64(y[i])
		dot, xx, yy = dot+a*b, xx+a*a, yy+b*b
	}
	return dot / math.Sqrt(xx*yy)
}

// checkFFmpeg runs the binary, since one that cannot start is no use.
func (a *App) checkFFmpeg(ctx context.Context) network.Finding {
	path := a.FFmpeg()
	switch {
	case a.cfg.Dream.FFmpeg == "none":
		return well("ffmpeg", "not wanted; clips are GIFs")
	case path == "":
		return doubt("ffmpeg", "not found; clips are GIFs", "install ffmpeg for MP4 clips, or set dream.ffmpeg to none")
	}
	out, err := exec.CommandContext(ctx, path, "-hide_banner", "-version").Output()
	if err != nil {
		return sick("ffmpeg", fmt.Sprintf("%s does not run: %v", path, err), "correct dream.ffmpeg, or set it to none")
	}
	return well("ffmpeg", string(firstLines(out, 1)))
}

// Source says where a configuration comes from.
func Source(cfg *config.Config) string {
	if file := cfg.File(); file != "" {
		return file
	}
	return "no file, defaults and environment"
}
