package classifier

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"slugpuppy/classifier/graph"
	"slugpuppy/classifier/kernel"
	"slugpuppy/classifier/onnx"
	"slugpuppy/picture"
)

// slugnet is model/slugnet.onnx as model/pack packs it, which saves a seventh.
//
//go:generate go run ./model/pack model/slugnet.onnx model/slugnet.gz
//go:embed model/slugnet.gz
var slugnet []byte

// slugnetLabels is model/labels.txt, by gzip.
//
//go:generate sh -c "gzip -9n <model/labels.txt >model/labels.gz"
//go:embed model/labels.gz
var slugnetLabels []byte

// Network is a loaded classifier. All methods are safe for concurrent use. The same input
// on the same machine and binary gives the same bits.
type Network struct {
	name   string
	hash   string
	labels []Label
	sights []int // short sides at which See looks
	heat   float64
	graph  *graph.Network
	plans  *plans
	memory *memory
	rough  int // the kernels' rough arithmetic that gradients are computed in; 0: exact
}

// Default loads the embedded network.
func Default() (*Network, error) {
	text, err := text(slugnetLabels)
	if err != nil {
		return nil, fmt.Errorf("embedded labels: %w", err)
	}
	labels, err := ParseLabels(text)
	if err != nil {
		return nil, fmt.Errorf("embedded labels: %w", err)
	}
	file, err := unpacked(slugnet)
	if err != nil {
		return nil, fmt.Errorf("embedded network: %w", err)
	}
	n, err := Load(file, labels)
	if err != nil {
		return nil, fmt.Errorf("embedded network: %w", err)
	}
	n.name, n.sights = Embedded, sights
	return n, nil
}

// EmbeddedFile is the embedded network as a file for Open, with its labels as ParseLabels reads them and the
// short sides at which it looks.
func EmbeddedFile() (file []byte, labels string, sides []int, err error) {
	if file, err = unpacked(slugnet); err == nil {
		labels, err = text(slugnetLabels)
	}
	return file, labels, slices.Clone(sights), err
}

// text is what gzip packed.
func text(packed []byte) (string, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", fmt.Errorf("unpack: %w", err)
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

// unpacked is a file that model/pack packed.
func unpacked(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	// The last word of such a file is how long it is unpacked (RFC 1952, 2.3.1).
	planes := make([]byte, binary.LittleEndian.Uint32(packed[len(packed)-4:]))
	if _, err := io.ReadFull(r, planes); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	if n, err := r.Read(make([]byte, 1)); n > 0 || err != io.EOF { // which is where its sum is checked
		return nil, fmt.Errorf("unpack: more than %d bytes, or %w", len(planes), err)
	}
	file := make([]byte, len(planes))
	odd := (len(planes) + 1) / 2 // where the bytes of odd places begin
	for i, v := range planes[:odd] {
		file[2*i] = v
	}
	for i, v := range planes[odd:] {
		file[2*i+1] = v
	}
	return file, nil
}

// Embedded is the name of the network inside this program.
const Embedded = "slugnet"

// Spec is what an ONNX file does not say about its network.
type Spec struct {
	Name   string  // the beginning of the hash if empty
	Labels []Label // of the logits; numbered if nil
	Input  *Input  // nil: the network wants red, green and blue in [0,1]
	Sights []int   // short sides in pixels at which See looks; what it was trained for if nil
	// Temperature divides the logits before they become probabilities, so that of what it is sure of to
	// 0.8 it is right four times in five (Guo et al., "On calibration of modern neural networks", 2017).
	// 0: what the file says under TemperatureKey, else 1.
	Temperature float64
	// Folder is where weights are looked for that the file says are beside it; they are refused
	// if nil. It must not lead outside itself: os.Root's file system does not.
	Folder fs.FS
}

// Input says how a network wants its pictures.
type Input = graph.Input

// Load imports a network like the embedded one from an ONNX file whose logits belong to the
// given labels.
func Load(file []byte, labels []Label) (*Network, error) {
	return Open(file, Spec{Labels: labels, Sights: sights})
}

// Open imports a network from an ONNX file.
func Open(file []byte, s Spec) (*Network, error) {
	model, err := onnx.DecodeIn(s.Folder, file)
	if err != nil {
		return nil, err
	}
	hash, err := hashOf(file, s.Folder, model.External)
	if err != nil {
		return nil, err
	}
	g, err := graph.ImportFor(model, s.Input)
	if err != nil {
		return nil, fmt.Errorf("import model: %w", err)
	}
	heat, err := temperature(s, model.Metadata)
	if err != nil {
		return nil, err
	}
	n := &Network{name: s.Name, hash: hash, labels: s.Labels, sights: s.Sights, heat: heat, graph: g,
		plans: &plans{network: g}, memory: &memory{limit: IdleBytes}}
	debug.FreeOSMemory() // the file and what was made of it on the way are several times the network
	if n.name == "" {
		n.name = n.hash[:8]
	}
	if n.sights == nil {
		n.sights = []int{max(224, n.MinSide())}
	}
	logits, err := n.Layer(Logits)
	if err != nil {
		return nil, err
	}
	if n.labels == nil {
		for i := range logits.Channels {
			name := fmt.Sprintf("class %d", i)
			n.labels = append(n.labels, Label{ID: fmt.Sprint(i), Names: []string{name}})
		}
	}
	if logits.Channels != len(n.labels) {
		return nil, fmt.Errorf("%d labels for %d logits", len(n.labels), logits.Channels)
	}
	if !slices.ContainsFunc(n.labels, Label.Thing) {
		return nil, errors.New("no label is of a thing")
	}
	return n, nil
}

// TemperatureKey is where a file's metadata have the network's temperature, as a decimal number.
const TemperatureKey = "slugpuppy.temperature"

// Temperatures that a network may have.
const (
	coldest = 0.05
	hottest = 20
)

// temperature is what a network's logits are divided by.
func temperature(s Spec, metadata map[string]string) (float64, error) {
	t := cmp.Or(s.Temperature, 1)
	if text, ok := metadata[TemperatureKey]; ok && s.Temperature == 0 {
		var err error
		if t, err = strconv.ParseFloat(text, 64); err != nil {
			return 0, fmt.Errorf("temperature of the network: %.20q is no number", text)
		}
	}
	if !(t >= coldest && t <= hottest) {
		return 0, fmt.Errorf("temperature of the network: %g is not from %g to %g", t, coldest, float64(hottest))
	}
	return t, nil
}

// hashOf is the SHA-256 of a file, followed by those that it keeps weights in.
func hashOf(file []byte, folder fs.FS, others []string) (string, error) {
	h := sha256.New()
	h.Write(file)
	for _, name := range others {
		f, err := folder.Open(name)
		if err != nil {
			return "", fmt.Errorf("hash weights: %w", err)
		}
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			return "", fmt.Errorf("hash weights in %q: %w", name, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Name is "slugnet" for the embedded network, else what Open was told or the beginning of Hash.
func (n *Network) Name() string { return n.name }

// Hash is the SHA-256 of the weights file, and of those beside it that it reads: 64 hex digits.
func (n *Network) Hash() string { return n.hash }

// Labels are the classes in the order of the logits.
func (n *Network) Labels() []Label { return append([]Label(nil), n.labels...) }

// Temperature is what logits are divided by before they become probabilities, 1 for most networks.
func (n *Network) Temperature() float64 { return n.heat }

// MinSide is the smallest side of a picture the network can be run on, in pixels.
func (n *Network) MinSide() int { return n.graph.MinSide() }

// WeightBytes is the memory the weights hold once they are packed for gradients too, shared by all callers.
func (n *Network) WeightBytes() int64 { return n.graph.WeightBytes() }

// Layers are the layers whose activations can be read or raised, in order of computation.
// The last one is Logits.
func (n *Network) Layers() []Layer {
	var layers []Layer
	for _, l := range n.graph.Layers() {
		layers = append(layers, Layer(l))
	}
	return layers
}

// UnknownLayer is the error for a layer the network does not have.
type UnknownLayer struct {
	Name  string
	Names []string // the layers there are
}

func (e *UnknownLayer) Error() string {
	return fmt.Sprintf("no layer %q, only %s", e.Name, strings.Join(e.Names, ", "))
}

// Layer finds a layer by name. Spellings that people know from other networks are
// understood: "4c", "4C", "layer_4c", "inception_4c/output" and "mixed4c" are the same.
func (n *Network) Layer(name string) (Layer, error) {
	if l, ok := n.graph.Find(name); ok {
		return Layer(l), nil
	}
	plain := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(name)), "/output")
	for _, prefix := range []string{"inception", "mixed", "layer"} {
		plain = strings.TrimPrefix(plain, prefix)
	}
	if l, ok := n.graph.Find(strings.Trim(plain, "_/- ")); ok {
		return Layer(l), nil
	}
	unknown := &UnknownLayer{Name: name}
	for _, l := range n.Layers() {
		unknown.Names = append(unknown.Names, l.Name)
	}
	return Layer{}, unknown
}

// Activations runs the network on a picture of at least MinSide and returns what the named
// layers answer.
func (n *Network) Activations(ctx context.Context, in *picture.Planar, layers ...string) (map[string]*Features, error) {
	names, err := n.resolve(layers)
	if err != nil {
		return nil, err
	}
	all := map[string]*Features{}
	err = n.show(ctx, in, names, 0, func(f *Features) {
		f.Data = slices.Clone(f.Data)
		for i, name := range names {
			if name == f.Layer {
				all[layers[i]] = f
			}
		}
	})
	return all, err
}

// Read runs the network on a picture of at least MinSide and shows visit what each named layer
// answers, without a copy and in the order of Layers: the features are only visit's until it returns. It computes in the network's
// Arithmetic.
func (n *Network) Read(ctx context.Context, in *picture.Planar, layers []string, visit func(f *Features)) error {
	names, err := n.resolve(layers)
	if err != nil {
		return err
	}
	return n.show(ctx, in, names, n.rough, visit)
}

func (n *Network) show(ctx context.Context, in *picture.Planar, names []string, rough int, visit func(f *Features)) error {
	return n.run(ctx, in, question{reads: names, rough: rough}, func(p *graph.Plan, team *kernel.Team) error {
		return p.Show(ctx, team, in.Pix, func(name string, data []float32, s graph.Shape) {
			visit(&Features{Layer: name, C: s.C, H: s.H, W: s.W, Data: data})
		})
	})
}

func (n *Network) resolve(layers []string) ([]string, error) {
	names := make([]string, len(layers))
	for i, name := range layers {
		l, err := n.Layer(name)
		if err != nil {
			return nil, err
		}
		names[i] = l.Name
	}
	return names, nil
}

// Gradient returns the sum of the targets' objectives, each times its weight, and sets grad,
// which has in's size, to the gradient of that sum with respect to the picture.
func (n *Network) Gradient(ctx context.Context, in *picture.Planar, targets []Target, grad *picture.Planar) (float32, error) {
	if grad.W != in.W || grad.H != in.H {
		return 0, fmt.Errorf("gradient of %dx%d for a picture of %dx%d", grad.W, grad.H, in.W, in.H)
	}
	objectives, err := n.objectives(targets)
	if err != nil {
		return 0, err
	}
	var value float32
	err = n.run(ctx, in, question{objectives: objectives, rough: n.rough}, func(p *graph.Plan, team *kernel.Team) error {
		if err := p.Run(ctx, team, in.Pix, objectives); err != nil {
			return err
		}
		value = p.Value()
		copy(grad.Pix, p.Gradient())
		return nil
	})
	return value, err
}

// run computes one question, which counts among what is Performed.
func (n *Network) run(ctx context.Context, in *picture.Planar, q question, compute func(*graph.Plan, *kernel.Team) error) error {
	return n.lend(ctx, in, q, func(plan compiled, team *kernel.Team) error {
		start := time.Now()
		if err := compute(plan.Plan, team); err != nil {
			return err
		}
		kernel.Processor().Report(plan.work, time.Since(start))
		return nil
	})
}

// objectives translates targets.
func (n *Network) objectives(targets []Target) ([]graph.Objective, error) {
	objectives := make([]graph.Objective, len(targets))
	for i, t := range targets {
		l, err := n.Layer(t.Layer)
		if err != nil {
			return nil, err
		}
		o := graph.Objective{Layer: l.Name, Weight: t.Weight}
		switch {
		case t.Guide != nil:
			o.Kind = graph.Guided
			if o.Guide, err = t.Guide.packed(); err != nil {
				return nil, err
			}
		case len(t.Channels) > 0:
			o.Kind = graph.Channels
			for _, c := range t.Channels {
				o.Channels = append(o.Channels, graph.ChannelWeight(c))
			}
		}
		objectives[i] = o
	}
	return objectives, nil
}

// packed returns the features as a guide, packed once.
func (f *Features) packed() (*graph.Guide, error) {
	if g := f.guide.Load(); g != nil {
		return g, nil
	}
	g, err := graph.NewGuide(f.C, f.H*f.W, f.Data)
	if err != nil {
		return nil, err
	}
	f.guide.Store(g)
	return g, nil
}

// Performed is what all networks of this process have computed so far: floating-point operations of
// complete runs, and the time they took.
func Performed() (operations float64, took time.Duration) { return kernel.Processor().Reported() }

// Runs is how many runs those were.
func Runs() int64 { return kernel.Processor().Reports() }

// ForwardWork is the floating-point operations of reading layers of a picture of w by h.
func (n *Network) ForwardWork(w, h int, layers ...string) (float64, error) {
	names, err := n.resolve(layers)
	if err != nil {
		return 0, err
	}
	return n.graph.Work(w, h, names, nil)
}

// GradientWork is those of a gradient.
func (n *Network) GradientWork(w, h int, targets []Target) (float64, error) {
	objectives, err := n.objectives(targets)
	if err != nil {
		return 0, err
	}
	return n.graph.Work(w, h, nil, objectives)
}

// GradientBytes is the memory that Gradient holds while it runs on a picture of w by h,
// known before anything is allocated.
func (n *Network) GradientBytes(w, h int, targets []Target) (int64, error) {
	objectives, err := n.objectives(targets)
	if err != nil {
		return 0, err
	}
	plan, err := n.plans.take(w, h, question{objectives: objectives, rough: n.rough}) // whoever asks will run it
	if err != nil {
		return 0, err
	}
	n.plans.give(plan)
	return plan.Bytes(), nil
}
