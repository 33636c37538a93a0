package app

import (
	"cmp"
	"os/exec"
	"runtime"
	"strings"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/classifier/networks"
	"slugpuppy/config"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// Engine is what pictures are made with. Everybody who dreams in this process has the same one.
type Engine struct {
	Network *classifier.Network
	Words   *dream.Vocabulary
	Maker   *dream.Maker  // at once, for a command that makes one picture
	Studio  *dream.Studio // the same, and makers for other networks that recipes name
	Queue   *dream.Queue  // in turn, for whoever shares the process with others
}

// Networks is the folder of networks beside the embedded one.
func (a *App) Networks() networks.Folder { return networks.Folder{Dir: a.cfg.Model.Dir} }

// Network is the one to dream with: the option's, else the configuration's, else the one in use.
func (a *App) Network() (*classifier.Network, error) { return a.network() }

// Embedded is the network inside this program.
func (a *App) Embedded() (*classifier.Network, error) { return a.embedded() }

// Detector tells dreams from other pictures.
func (a *App) Detector() (*detector.Detector, error) { return a.detector() }

// Looking plans the memory of the process for pictures that are looked at, one a core, and returns the detector.
func (a *App) Looking() (*detector.Detector, error) {
	limitLooks(runtime.GOMAXPROCS(0))
	return a.detector()
}

// Alone plans the memory of the process for one picture at a time, decoded before and encoded after
// it is made, and returns the engine.
func (a *App) Alone() (*Engine, error) {
	limitMemory(a.cfg, 1, 0)
	return a.engine()
}

// Pictures are the limits of files that come in. All who decode share the budget in it.
func (a *App) Pictures() picture.Limits { return a.pictures }

// choose loads the network of that name. The embedded one is not loaded twice.
func (a *App) choose(name string) (*classifier.Network, error) {
	folder := a.Networks()
	name, err := folder.Resolve(cmp.Or(name, a.cfg.Dream.Model))
	if err != nil {
		return nil, err
	}
	if name == classifier.Embedded {
		return a.embedded()
	}
	return folder.Open(name)
}

func (a *App) newEngine() (*Engine, error) {
	net, err := a.network()
	if err != nil {
		return nil, err
	}
	maker, words := dream.New(net, a.makerOptions()), dream.NewVocabulary(net.Labels())
	studio := dream.NewStudio(maker, words, shelf{a}, a.makerOptions())
	return &Engine{net, words, maker, studio, dream.NewQueue(studio, a.cfg.Dream.Workers)}, nil
}

// shelf is every network at hand: the embedded one and those that were pulled.
type shelf struct{ *App }

func (s shelf) List() ([]string, error) {
	names, err := s.Networks().List()
	return append(names, classifier.Embedded), err
}

func (s shelf) Open(name string) (*classifier.Network, error) { return s.choose(name) }

// makerOptions is what the configuration says about making pictures.
func (a *App) makerOptions() dream.Options {
	return dream.Options{
		MemoryBytes: int64(a.cfg.Dream.Memory),
		FFmpeg:      a.FFmpeg(),
		ClipSide:    a.cfg.Dream.ClipSide,
		ClipBytes:   int64(a.cfg.Dream.ClipBytes),
	}
}

// FFmpeg is the binary that writes MP4, "" when there is none or none is wanted.
func (a *App) FFmpeg() string {
	switch a.cfg.Dream.FFmpeg {
	case "none":
		return ""
	case "":
		path, err := exec.LookPath("ffmpeg")
		if err != nil {
			return ""
		}
		return path
	}
	return a.cfg.Dream.FFmpeg
}

// pictureLimits is what a configuration says about files that come in, with a budget of their own.
func pictureLimits(cfg *config.Config) picture.Limits {
	return picture.Limits{
		MaxBytes:  int64(cfg.Picture.MaxBytes),
		MaxPixels: cfg.Picture.MaxPixels,
		MaxSide:   cfg.Picture.MaxSide,
		MaxFrames: cfg.Picture.MaxFrames,
		Budget:    picture.NewBudget(int64(cfg.Picture.Memory)),
	}
}

// label is what the network that a recipe was made with calls a label, "" where it is another one.
func (e *Engine) label(model string, n int) string {
	if !strings.HasPrefix(e.Network.Hash(), model) {
		return ""
	}
	return e.Words.Label(n)
}
