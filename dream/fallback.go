package dream

import (
	"math"
	"slices"

	"slugpuppy/classifier"
)

// Presets are written for the embedded network. Others have other layers, or other things in
// the channels of a layer of the same name.

// home are the layers of the embedded network, in order.
var home = []string{"s1", "s2", "3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"}

// layersOf are the preset's layers in this network: in another one than the embedded the
// layer of that name, else the one at the same relative depth, each as a whole.
func (m *Maker) layersOf(p Preset) []LayerTerm {
	if m.net.Name() == classifier.Embedded {
		return p.Layers
	}
	var terms []LayerTerm
	for _, t := range p.Layers {
		t.Layer, t.Channel = m.nearest(t.Layer), -1
		i := slices.IndexFunc(terms, func(o LayerTerm) bool { return o.Layer == t.Layer })
		if i >= 0 { // two channels of one layer are one whole layer
			terms[i].Weight += t.Weight
			continue
		}
		terms = append(terms, t)
	}
	return terms
}

// deepest is the coarsest stride of layers that classifiers still have pictures in.
const deepest = 64

// nearest is the layer of that name or, where there is none, the one as deep in this network
// as that is in the embedded one.
func (m *Maker) nearest(name string) string {
	if l, err := m.net.Layer(name); err == nil {
		return l.Name
	}
	// What is averaged to one value, and what comes after it, is no picture any more.
	spatial := slices.DeleteFunc(m.net.Layers(), func(l classifier.Layer) bool { return l.Stride > deepest })
	if len(spatial) == 0 {
		return classifier.Logits
	}
	depth := float64(slices.Index(home, name)) / float64(len(home)-1)
	return spatial[int(math.Round(max(0, depth)*float64(len(spatial)-1)))].Name
}
